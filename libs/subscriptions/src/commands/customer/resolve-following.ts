import { LINK_FIELDS, type LinkField, resolveDifferences, type UserChanges, type UserEdit } from '@app/customers';

import type { CommandRefusal } from '../command.types.js';
import type { CustomerGround, Following, NotAsked, PrimaryCustomer } from './customer-change.types.js';
import { refusalOf } from './resolve-customer-change.js';

/**
 * Decides whether Stripe is asked to follow an edit (rule K1), and in what: in the fields to which the company gave a value that
 * is another than before, or than the primary customer's. What was emptied is Stripe's again (rule U4), and nothing is asked.
 * The edit stands in Kana in any case.
 */
export function resolveFollowing({ before, after }: UserEdit, changes: UserChanges, { customer, makingIn }: CustomerGround): Following {
  const given = LINK_FIELDS.filter((field) => (changes[field] ?? null) !== null);
  const differing = customer === null ? [] : resolveDifferences(after, { ...customer, deleted: customer.isDeleted });
  const fields = given.filter((field) => before[field] !== after[field] || differing.includes(field));
  return fields.length === 0 ? { code: 'NOTHING_TO_ASK' } : askOrNot(fields, customer, makingIn);
}

const CODES: Partial<Record<CommandRefusal, NotAsked['code']>> = {
  customer_deleted: 'CUSTOMER_DELETED',
  customer_in_doubt: 'CUSTOMER_IN_DOUBT',
  connection_disconnected: 'DISCONNECTED',
};

function askOrNot(fields: readonly LinkField[], customer: PrimaryCustomer | null, makingIn: string | null): Following {
  if (makingIn !== null && (customer === null || customer.isDeleted)) {
    return { code: 'ASKED', connectionId: makingIn, asked: { fields } };
  }
  if (customer === null) {
    return { code: 'NO_CUSTOMER' };
  }
  const refusal = refusalOf(customer);
  const code = refusal === null ? undefined : CODES[refusal];
  return code === undefined ? { code: 'ASKED', connectionId: customer.connectionId, asked: { fields } } : { code };
}
