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
    ['StripeCustomer', STRIPE_CUSTOMER_TABLE, StripeCustomer],
    ['CustomerLink', CUSTOMER_LINK_TABLE, CustomerLink],
    ['User', USER_TABLE, User],
    ['UserName', USER_NAME_TABLE, UserName],
    ['EmailClaim', EMAIL_CLAIM_TABLE, EmailClaim],
  ])('the shape of %s has the columns, the types and the key of the entity', (_name, table, entity) => {
    expect(table).toEqual(bulkTableOf(entity));
  });
});
