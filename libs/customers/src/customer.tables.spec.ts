import { CustomerLink, EmailClaim, StripeCustomer, User, UserName } from '@app/customers';
import { describe, expect, it } from '@jest/globals';

import { bulkTableOf } from '../../../test/support/bulk-table.js';
import {
  CUSTOMER_LINK_TABLE,
  EMAIL_CLAIM_TABLE,
  STRIPE_CUSTOMER_TABLE,
  USER_NAME_TABLE,
  USER_TABLE,
} from './customer.tables.js';

describe('the bulk shapes of the tables of users and customers', () => {
  it.each([
    [STRIPE_CUSTOMER_TABLE, StripeCustomer],
    [CUSTOMER_LINK_TABLE, CustomerLink],
    [USER_TABLE, User],
    [USER_NAME_TABLE, UserName],
    [EMAIL_CLAIM_TABLE, EmailClaim],
  ])('$name has the columns, the types and the key of its entity', (table, entity) => {
    expect(table).toEqual(bulkTableOf(entity));
  });
});
