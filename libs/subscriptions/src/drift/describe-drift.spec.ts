import { describe, expect, it } from '@jest/globals';

import { customerOf, itemOf, subscriptionOf } from '../../../../test/support/snapshots.js';
import { describeCustomerDrift, describeSubscriptionDrift, type SubscriptionDifference } from './describe-drift.js';

const stored = subscriptionOf('sub_1', ['price_a']);
const difference = (after: Partial<SubscriptionDifference['after']>, others: Partial<SubscriptionDifference> = {}): SubscriptionDifference => ({
  before: stored, after: { ...stored, ...after }, isGone: false, userKey: 'usr_1', changes: [], ...others,
});
/** `kind field: before → after` of each. */
const told = (one: SubscriptionDifference): string[] =>
  describeSubscriptionDrift(one).map(({ kind, field, before, after }) => `${kind} ${field}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`);
const [item = itemOf('si_1_0', 'price_a')] = stored.items;

describe('the drift of a subscription', () => {
  it('is none where it is stored just so, whatever the order of its items', () => {
    const two = { ...stored, items: [item, itemOf('si_2', 'price_b')] };
    expect(describeSubscriptionDrift(difference({}))).toEqual([]);
    expect(told(difference({ items: two.items.toReversed() }, { before: two }))).toEqual([]);
  });

  it.each<[string, Partial<SubscriptionDifference['after']>, string[]]>([
    ['its status', { status: 'past_due' }, ['STATUS status: "active" → "past_due"']],
    ['when it is to end', { cancelAtPeriodEnd: true, cancelAt: '2026-02-28T10:00:00.000Z' }, ['CANCELLATION cancelAt: null → "2026-02-28T10:00:00.000Z"', 'CANCELLATION cancelAtPeriodEnd: false → true']],
    ['its trial', { trialEnd: '2026-02-28T10:00:00.000Z' }, ['TRIAL trialEnd: null → "2026-02-28T10:00:00.000Z"']],
    ['how its collection is paused', { pauseBehavior: 'void' }, ['PAUSE pauseBehavior: null → "void"']],
    ['a quantity', { items: [{ ...item, quantity: 5 }] }, ['QUANTITY items[si_1_0].quantity: 1 → 5']],
    ['a price with its product', { items: [{ ...item, priceId: 'price_b', productId: 'prod_b' }] }, ['PRICE items[si_1_0].priceId: "price_a" → "price_b"', 'PRICE items[si_1_0].productId: "prod_price_a" → "prod_b"']],
    ['a period', { items: [{ ...item, currentPeriodEnd: '2026-03-31T10:00:00.000Z' }] }, ['PERIOD items[si_1_0].currentPeriodEnd: "2026-02-28T10:00:00.000Z" → "2026-03-31T10:00:00.000Z"']],
    ['another item', { items: [item, itemOf('si_new', 'price_b')] }, ['ITEMS items[si_new]: null → {"priceId":"price_b","quantity":1}']],
    ['an item that is gone', { items: [] }, ['ITEMS items[si_1_0]: {"priceId":"price_a","quantity":1} → null']],
  ])('is %s', (_what, after, lines) => {
    expect(told(difference(after))).toEqual(lines);
  });

  it('is that Kana had none, or that Stripe has none any more', () => {
    expect(told(difference({ status: 'trialing' }, { before: null }))).toEqual(['MISSING subscription: null → "trialing"']);
    expect(told(difference({ status: 'canceled', endedAt: '2026-03-01T00:00:00.000Z' }, { isGone: true }))).toEqual(['GONE status: "active" → "canceled"', 'GONE endedAt: null → "2026-03-01T00:00:00.000Z"']);
  });

  it('is what it stands for, by its packages, and not that which follows from the item', () => {
    const record = { packageId: 'team', status: 'ACTIVE', quantity: 1, givesAccess: true, currentPeriodEnd: null, id: 'psub_1' } as unknown as SubscriptionDifference['changes'][number]['after'];
    const changes = [
      { before: null, after: record },
      { before: { ...record, id: 'psub_2' }, after: { ...record, id: 'psub_2', quantity: 2 } },
      { before: { ...record, id: 'psub_3' }, after: { ...record, id: 'psub_3', currentPeriodEnd: '2026-03-31T10:00:00.000Z' } },
    ];
    const shown = { packageId: 'team', status: 'ACTIVE', quantity: 1, givesAccess: true };
    expect(describeSubscriptionDrift(difference({}, { changes }))).toEqual([
      { objectType: 'SUBSCRIPTION', objectId: 'sub_1', userKey: 'usr_1', kind: 'PACKAGES', field: 'packageSubscriptions[psub_1]', before: null, after: shown },
      { objectType: 'SUBSCRIPTION', objectId: 'sub_1', userKey: 'usr_1', kind: 'PACKAGES', field: 'packageSubscriptions[psub_2]', before: shown, after: { ...shown, quantity: 2 } },
    ]);
  });
});

describe('the drift of a customer', () => {
  it('is each field that differs, or that Kana did not have it', () => {
    const customer = customerOf('cus_1');
    expect(describeCustomerDrift(customer, { ...customer, email: 'new@x.example', deleted: true }, 'usr_1')).toEqual([
      { objectType: 'CUSTOMER', objectId: 'cus_1', userKey: 'usr_1', kind: 'CUSTOMER', field: 'email', before: '1@x.example', after: 'new@x.example' },
      { objectType: 'CUSTOMER', objectId: 'cus_1', userKey: 'usr_1', kind: 'CUSTOMER', field: 'deleted', before: false, after: true },
    ]);
    expect(describeCustomerDrift(null, customer, null)).toMatchObject([{ kind: 'MISSING', field: 'customer', before: null }]);
  });
});
