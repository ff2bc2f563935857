import { completeFacts } from '@app/customers';
import type { CustomerSnapshot, SubscriptionSnapshot } from '@app/stripe';
import type { DriftFact } from '@app/sync';

import type { BatchApplied, HeldSubscription } from '../applier/subscription.applier.js';
import type { StoredObjects } from '../settling/settle.queries.js';
import { describeCustomerDrift, describeSubscriptionDrift } from './describe-drift.js';

/** In what a batch differed from what was stored: what was carried over, and what was held back. */
export interface BatchDrift {
  readonly applied: readonly DriftFact[];
  readonly held: readonly DriftFact[];
}

export const NO_BATCH_DRIFT: BatchDrift = { applied: [], held: [] };

type Decided = Pick<HeldSubscription, 'stripeSubscriptionId' | 'userKey' | 'changes'>;

interface BatchShown {
  readonly subscriptions: readonly SubscriptionSnapshot[];
  readonly customers: readonly CustomerSnapshot[];
  /** Of the subscriptions, those that Stripe does not know any more. */
  readonly gone?: ReadonlySet<string>;
}

/** @param before loaded under the objects' locks, before the batch was applied */
export function driftOfBatch(before: StoredObjects, shown: BatchShown, { subscriptions, customers, held }: BatchApplied): BatchDrift {
  const bySubscription = new Map(shown.subscriptions.map((snapshot) => [snapshot.id, snapshot]));
  const describe = ({ stripeSubscriptionId: id, userKey, changes }: Decided): DriftFact[] => {
    const after = bySubscription.get(id);
    const isGone = shown.gone?.has(id) ?? false;
    return after === undefined ? [] : describeSubscriptionDrift({ before: before.subscriptions.get(id) ?? null, after, isGone, userKey, changes });
  };
  return {
    applied: [
      ...subscriptions.filter(({ changed }) => changed).flatMap(describe),
      ...shown.customers.flatMap((customer) => customerDrift(before, customer, customers.byCustomer.get(customer.id))),
    ],
    held: held.flatMap(describe),
  };
}

function customerDrift(before: StoredObjects, read: CustomerSnapshot, outcome: { changed: boolean; userKey: string | null } | undefined): DriftFact[] {
  const stored = before.customers.get(read.id);
  return outcome?.changed === true ? describeCustomerDrift(stored ?? null, completeFacts(read, stored), outcome.userKey) : [];
}
