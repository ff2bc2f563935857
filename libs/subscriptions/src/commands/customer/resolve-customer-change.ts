import type { CustomerChange } from '@app/stripe';

import type { CommandRefusal, CommandVerdict } from '../command.types.js';
import type { AskedCustomerChange, CustomerGround, PrimaryCustomer } from './customer-change.types.js';

/**
 * Decides what Stripe is told of a user's name and email when it is about to be told: the values that the company has given them
 * by then, to the customer that is the primary one by then. So of two edits the older value never lands last, and what an earlier
 * command has told already is not told again.
 *
 * @param connectionId of the account that the command is for
 */
export function resolveCustomerChange({ fields }: AskedCustomerChange, { own, customer }: CustomerGround, connectionId: string): CommandVerdict {
  if (customer === null) {
    return { kind: 'NOTHING' };
  }
  if (customer.connectionId !== connectionId) {
    return { kind: 'REFUSED', code: 'customer_elsewhere' };
  }
  const code = refusalOf(customer);
  if (code !== null) {
    return { kind: 'REFUSED', code };
  }
  const change: CustomerChange = Object.fromEntries(fields.flatMap((field) => (own[field] === null || own[field] === customer[field] ? [] : [[field, own[field]]])));
  return Object.keys(change).length === 0 ? { kind: 'NOTHING' } : { kind: 'REQUEST', request: { call: 'UPDATE_CUSTOMER', id: customer.id, change } };
}

/** Why a customer cannot be changed; null = it can. What the company may mean for somebody else is not overwritten. */
export function refusalOf({ isConnected, isDeleted, isInDoubt }: PrimaryCustomer): CommandRefusal | null {
  if (isDeleted) {
    return 'customer_deleted';
  }
  if (!isConnected) {
    return 'connection_disconnected';
  }
  return isInDoubt ? 'customer_in_doubt' : null;
}
