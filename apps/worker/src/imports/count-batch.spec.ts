import { describe, expect, it } from '@jest/globals';

import type { BatchApplied } from '@app/subscriptions';

import { countBatch, NO_COUNTS } from './count-batch.js';

type Subscription = BatchApplied['subscriptions'][number];
type Customer = BatchApplied['customers']['byCustomer'] extends ReadonlyMap<string, infer Outcome> ? Outcome : never;

const STARTED = '2026-03-01T12:00:00.000Z';
const subscription = (result: Subscription['result'], parkedItems = 0): Subscription => ({
  stripeSubscriptionId: 'sub', userKey: null, matchedBy: null, packages: [], result, reasons: [], parkedItems, changed: false, recordsChanged: false, changes: [],
});
const customer = (difference: Partial<Customer>): Customer => ({
  customerId: 'cus', userKey: 'usr_1', matchedBy: 'EMAIL', newlyLinked: true, userCreated: false, conflict: null, newConflict: false, changed: true, ...difference,
});
const batch = (subscriptions: Subscription[], customers: Customer[], absorbed: BatchApplied['absorbed'] = []): BatchApplied => ({
  subscriptions,
  held: [],
  absorbed,
  touched: {},
  customers: { byCustomer: new Map(customers.map((each, index) => [`cus_${index}`, each])), absorbed: [], touchedUserKeys: [], waiting: [] },
});

describe('what a batch counts', () => {
  it('is nothing for an empty one', () => {
    expect(countBatch(batch([], []), STARTED)).toEqual(NO_COUNTS);
  });

  it('is each subscription once, and those that wait in part beside', () => {
    const counts = countBatch(batch([subscription('CREATED', 1), subscription('CREATED'), subscription('UPDATED', 2), subscription('UNCHANGED', 1), subscription('PARKED', 3)], []), STARTED);
    expect(counts).toMatchObject({ created: 2, updated: 1, unchanged: 1, parked: 1, failed: 0, partly_parked: 3 });
  });

  it('is each customer that was linked now, by how; one whose user was made for it is a user created, however it was named', () => {
    const customers = [
      customer({ matchedBy: 'BILLING_ID' }), customer({ matchedBy: 'EMAIL' }), customer({ matchedBy: 'EMAIL' }), customer({ matchedBy: 'METADATA' }),
      customer({ matchedBy: 'METADATA', userCreated: true }), customer({ matchedBy: 'CREATED', userCreated: true }),
      customer({ matchedBy: 'EMAIL', newlyLinked: false }),
      customer({ userKey: null, matchedBy: null, newlyLinked: false, conflict: 'EMAIL_SHARED', newConflict: true }),
      customer({ userKey: null, matchedBy: null, newlyLinked: false, conflict: 'EMAIL_SHARED' }),
    ];
    expect(countBatch(batch([], customers), STARTED)).toMatchObject({ matched_by_billing_id: 1, matched_by_email: 2, matched_by_metadata: 1, users_created: 2, conflicts: 1 });
  });

  it('takes back a user that this run made and that was another after all, not one that was there before', () => {
    const absorbed = [{ fromKey: 'usr_2', intoKey: 'usr_1', createdAt: STARTED }, { fromKey: 'usr_3', intoKey: 'usr_1', createdAt: '2026-02-01T00:00:00.000Z' }];
    expect(countBatch(batch([], [customer({ matchedBy: 'METADATA', userCreated: true })], absorbed), STARTED)).toMatchObject({ users_created: 0, matched_by_email: 1 });
  });
});
