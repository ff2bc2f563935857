import type Stripe from 'stripe';

import { metadataOf, ValueReader } from './read-values.js';
import type { CustomerSnapshot } from './snapshots.js';

/** @param userIdMetadataKey the metadata key that names the Kana user (rule U2 b) */
export function readCustomer(
  customer: Stripe.Customer | Stripe.DeletedCustomer,
  userIdMetadataKey: string,
): CustomerSnapshot {
  const read = new ValueReader(customer.id);
  const id = read.id('customer.id', customer.id);
  if (customer.deleted) {
    return { id, email: null, name: null, deleted: true, createdAt: null, userIdHint: null };
  }
  return {
    id,
    email: read.optionalText('customer.email', customer.email),
    name: read.optionalText('customer.name', customer.name),
    deleted: false,
    createdAt: read.time('customer.created', customer.created),
    userIdHint: read.optionalText('customer.metadata', metadataOf(customer.metadata, userIdMetadataKey)),
  };
}
