import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { PriceResolution } from '@app/mapping';
import type { ItemSnapshot, SubscriptionSnapshot } from '@app/stripe';

import { SEED } from '../../../../test/support/seed.js';
import { type Projection, type ProjectionInput, projectSubscription } from './project-subscription.js';
import type { ExistingRecord, RecordFacts } from './records.js';

const START = '2026-01-31T10:00:00.000Z';
const OBSERVED = '2026-06-01T00:00:00.000Z';

const item = (difference: Partial<ItemSnapshot> = {}): ItemSnapshot => ({
  id: 'si_1',
  priceId: 'price_team',
  productId: 'prod_team',
  quantity: 1,
  currentPeriodStart: '2026-05-31T10:00:00.000Z',
  currentPeriodEnd: '2026-06-30T10:00:00.000Z',
  createdAt: START,
  ...difference,
});
const subscription = (difference: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot => ({
  id: 'sub_1',
  customerId: 'cus_1',
  status: 'active',
  currency: 'usd',
  createdAt: START,
  startDate: START,
  trialEnd: null,
  cancelAt: null,
  cancelAtPeriodEnd: false,
  canceledAt: null,
  endedAt: null,
  pauseBehavior: null,
  pauseResumesAt: null,
  scheduleId: null,
  pendingUpdate: false,
  items: [item()],
  ...difference,
});
const toPackage = (packageId: string): PriceResolution => ({ kind: 'PACKAGE', packageId });
const input = (difference: Partial<ProjectionInput> = {}): ProjectionInput => ({
  subscription: subscription(),
  user: { key: 'usr_1' },
  prices: new Map([
    ['price_team', toPackage('team')],
    ['price_team_year', toPackage('team')],
    ['price_business', toPackage('business')],
    ['price_seats', toPackage('seats')],
    ['price_old', { kind: 'PARKED', reason: 'PRICE_UNMAPPED' }],
    ['price_draft', { kind: 'PARKED', reason: 'PACKAGE_NOT_PUBLISHED' }],
  ]),
  wholePackageId: null,
  existing: [],
  policy: { pastDueGraceDays: 0, pausedCollectionGivesAccess: true },
  observedAt: OBSERVED,
  ...difference,
});

/** What the database holds after a projection was applied. */
function applied(existing: readonly ExistingRecord[], projection: Projection): ExistingRecord[] {
  const updates = new Map(projection.update.map((record) => [record.id, record]));
  const kept = existing.map((record) => updates.get(record.id) ?? record);
  const begun = projection.begin.map((facts, index) => ({
    ...facts,
    id: `psub_${existing.length + index + 1}`,
    sequence: existing.length + index + 1,
  }));
  return [...kept, ...begun];
}
const after = (...steps: readonly Partial<ProjectionInput>[]): ExistingRecord[] =>
  steps.reduce<ExistingRecord[]>(
    (existing, step) => applied(existing, projectSubscription(input({ ...step, existing }))),
    [],
  );
const begun = (difference: Partial<ProjectionInput>): RecordFacts[] => [...projectSubscription(input(difference)).begin];

describe('projectSubscription', () => {
  it('gives one record for each mapped item', () => {
    const items = [item(), item({ id: 'si_2', priceId: 'price_seats', quantity: 8 }), item({ id: 'si_3' })];
    expect(begun({ subscription: subscription({ items }) }).map(({ packageId, projectionKey, quantity }) => [packageId, projectionKey, quantity])).toEqual([
      ['team', 'si_1', 1],
      ['seats', 'si_2', 8],
      ['team', 'si_3', 1],
    ]);
  });

  it('keeps the item, parked, when its price has no mapping, and carries the others over', () => {
    const items = [item(), item({ id: 'si_2', priceId: 'price_old' }), item({ id: 'si_3', priceId: 'price_never_seen' })];
    const projection = projectSubscription(input({ subscription: subscription({ items }) }));
    expect([...projection.parked]).toEqual([['si_1', null], ['si_2', 'PRICE_UNMAPPED'], ['si_3', 'PRICE_UNMAPPED']]);
    expect(projection.begin).toHaveLength(1);
    expect(projection.reasons).toEqual(['PRICE_UNMAPPED']);
  });

  it('parks everything while it is not known who the user is', () => {
    const items = [item(), item({ id: 'si_2', priceId: 'price_draft' })];
    const projection = projectSubscription(input({ subscription: subscription({ items }), user: { conflict: 'EMAIL_SHARED' } }));
    expect([...projection.parked.values()]).toEqual(['EMAIL_SHARED', 'PACKAGE_NOT_PUBLISHED']);
    expect(projection.begin).toEqual([]);
    expect(projection.reasons).toEqual(['EMAIL_SHARED', 'PACKAGE_NOT_PUBLISHED']);
  });

  it.each<[string, string, boolean]>([
    ['active', 'ACTIVE', true],
    ['trialing', 'TRIALING', true],
    ['past_due', 'PAST_DUE', false],
    ['unpaid', 'UNPAID', false],
    ['incomplete', 'INCOMPLETE', false],
    ['paused', 'PAUSED', false],
    ['on_hold', 'UNKNOWN', false],
    ['constructor', 'UNKNOWN', false],
    ['canceled', 'CANCELLED', false],
    ['incomplete_expired', 'INCOMPLETE_EXPIRED', false],
  ])('reads status %s as %s, access %s, and keeps Stripe’s word', (stripeStatus, status, givesAccess) => {
    expect(begun({ subscription: subscription({ status: stripeStatus }) })).toEqual([
      expect.objectContaining({ status, stripeStatus, givesAccess }),
    ]);
  });

  it.each<[string, Partial<SubscriptionSnapshot>, ProjectionInput['policy'], Partial<RecordFacts>]>([
    ['a quantity of 0 gives no access', { items: [item({ quantity: 0 })] }, { pastDueGraceDays: 0, pausedCollectionGivesAccess: true }, { givesAccess: false }],
    ['a metered item gives access', { items: [item({ quantity: null })] }, { pastDueGraceDays: 0, pausedCollectionGivesAccess: true }, { givesAccess: true, quantity: null }],
    ['paused collection gives access by default', { pauseBehavior: 'void' }, { pastDueGraceDays: 0, pausedCollectionGivesAccess: true }, { givesAccess: true, pauseBehavior: 'void' }],
    ['paused collection gives none where the connection says so', { pauseBehavior: 'void' }, { pastDueGraceDays: 0, pausedCollectionGivesAccess: false }, { givesAccess: false }],
    ['a grace period counts from the unpaid period’s beginning', { status: 'past_due' }, { pastDueGraceDays: 7, pausedCollectionGivesAccess: true }, { givesAccess: true, accessUntil: '2026-06-07T10:00:00.000Z' }],
  ])('%s', (_sentence, difference, policy, expected) => {
    expect(begun({ subscription: subscription(difference), policy })).toEqual([expect.objectContaining(expected)]);
  });

  it('starts with Stripe’s start date, and an item added later with its own', () => {
    const backdated = { startDate: '2024-01-01T00:00:00.000Z' };
    const items = [item(), item({ id: 'si_2', createdAt: '2026-03-05T00:00:00.000Z' })];
    expect(begun({ subscription: subscription({ ...backdated, items }) }).map(({ startedAt, usageAnchor }) => [startedAt, usageAnchor])).toEqual([
      ['2024-01-01T00:00:00.000Z', '2024-01-01T00:00:00.000Z'],
      ['2026-03-05T00:00:00.000Z', '2026-03-05T00:00:00.000Z'],
    ]);
  });

  it('records an ended subscription as history, with Stripe’s time', () => {
    const endedAt = '2026-04-01T00:00:00.000Z';
    expect(begun({ subscription: subscription({ status: 'canceled', endedAt }) })).toEqual([
      expect.objectContaining({ status: 'CANCELLED', endedAt, givesAccess: false }),
    ]);
  });

  it('keeps a status change in the record', () => {
    const records = after({}, { subscription: subscription({ status: 'past_due' }) });
    expect(records).toEqual([expect.objectContaining({ id: 'psub_1', status: 'PAST_DUE', givesAccess: false, endedAt: null })]);
  });

  it('changes only price and period when the price is swapped within the package', () => {
    const yearly = item({ priceId: 'price_team_year', currentPeriodEnd: '2027-05-31T10:00:00.000Z' });
    const [before] = after({});
    const records = after({}, { subscription: subscription({ items: [yearly] }) });
    expect(records).toEqual([{ ...before, stripePriceId: 'price_team_year', currentPeriodEnd: '2027-05-31T10:00:00.000Z' }]);
  });

  it('ends the record and begins one that continues it when the package changes, also there and back', () => {
    const business = { subscription: subscription({ items: [item({ priceId: 'price_business' })] }) };
    const records = after({}, business, {});
    expect(records.map(({ packageId, status, endedAt, continues, usageAnchor }) => [packageId, status, endedAt, continues, usageAnchor])).toEqual([
      ['team', 'CANCELLED', OBSERVED, null, START],
      ['business', 'CANCELLED', OBSERVED, 'psub_1', START],
      ['team', 'ACTIVE', null, 'psub_2', START],
    ]);
  });

  it('ends what an item leaves behind: removed, or swapped to a price that nobody has mapped', () => {
    for (const items of [[], [item({ priceId: 'price_old' })]]) {
      expect(after({}, { subscription: subscription({ items }) })).toEqual([
        expect.objectContaining({ id: 'psub_1', status: 'CANCELLED', endedAt: OBSERVED, givesAccess: false }),
      ]);
    }
  });

  it('never revives an ended record', () => {
    const canceled = { subscription: subscription({ status: 'canceled', endedAt: OBSERVED }) };
    const again = after({}, canceled, canceled, { ...canceled, prices: new Map([['price_team', toPackage('business')]]) });
    expect(again.map(({ packageId, status }) => [packageId, status])).toEqual([['team', 'CANCELLED']]);
  });

  it('projects the subscription as a whole once, beside its items', () => {
    const items = [item({ priceId: 'price_seats' }), item({ id: 'si_2', priceId: 'price_old' })];
    expect(begun({ subscription: subscription({ items }), wholePackageId: 'team' }).map(({ packageId, projectionKey, stripeItemId }) => [packageId, projectionKey, stripeItemId])).toEqual([
      ['team', 'sub_1', null],
      ['seats', 'si_1', 'si_1'],
    ]);
  });

  it('follows the user when the customer’s link has moved', () => {
    const records = after({}, { user: { key: 'usr_2' } });
    expect(records).toEqual([expect.objectContaining({ id: 'psub_1', userKey: 'usr_2', endedAt: null })]);
  });
});

describe('projectSubscription, for any history', () => {
  const step = fc.record({
    status: fc.constantFrom('active', 'trialing', 'past_due', 'canceled', 'paused', 'incomplete_expired', 'odd'),
    items: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('si_1', 'si_2', 'si_3'),
        priceId: fc.constantFrom('price_team', 'price_business', 'price_old', 'price_draft'),
        quantity: fc.constantFrom(null, 0, 1, 5),
      }),
      { selector: ({ id }) => id, maxLength: 3 },
    ),
    known: fc.boolean(),
    whole: fc.constantFrom(null, 'base'),
  });
  const toStep = ({ status, items, known, whole }: { status: string; items: Partial<ItemSnapshot>[]; known: boolean; whole: string | null }): Partial<ProjectionInput> => ({
    subscription: subscription({ status, items: items.map((one) => item(one)) }),
    user: known ? { key: 'usr_1' } : { conflict: 'EMAIL_SHARED' },
    wholePackageId: whole,
  });
  it(`holds at most one open record per item, keeps all history and is stable when repeated (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        let existing: ExistingRecord[] = [];
        for (const one of steps) {
          const next = applied(existing, projectSubscription(input({ ...toStep(one), existing })));
          const open = next.filter(({ endedAt }) => endedAt === null).map(({ projectionKey }) => projectionKey);
          expect(new Set(open).size).toBe(open.length);
          for (const record of existing.filter(({ endedAt }) => endedAt !== null)) {
            expect(next).toContainEqual(record);
          }
          expect(next.filter(({ startedAt, endedAt }) => endedAt !== null && endedAt < startedAt)).toEqual([]);
          const continued = next.flatMap(({ continues }) => continues ?? []);
          expect(new Set(continued).size).toBe(continued.length);
          for (const { continues, usageAnchor, projectionKey } of next.filter((record) => record.continues !== null)) {
            expect(next.find(({ id }) => id === continues)).toMatchObject({ usageAnchor, projectionKey });
          }
          const repeated = projectSubscription(input({ ...toStep(one), existing: next }));
          expect([repeated.begin, repeated.update]).toEqual([[], []]);
          existing = next;
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
