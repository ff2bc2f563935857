import { describe, expect, it } from '@jest/globals';

import type { PriceResolution } from '@app/mapping';
import type { ItemSnapshot, SubscriptionSnapshot } from '@app/stripe';

import { BEGAN, itemOf, subscriptionOf } from '../../../../test/support/snapshots.js';
import { type ProjectionInput, projectSubscription } from './project-subscription.js';
import type { ExistingRecord } from './records.js';

/** Names of packages are capital letters; `a1` and `a2` are prices of A, `new` is mapped to nothing yet. */
const PRICES = new Map<string, PriceResolution>([
  ...['a1 A', 'a2 A', 'b B', 'c C'].map((pair): [string, PriceResolution] => [pair.split(' ')[0] ?? '', { kind: 'PACKAGE', packageId: pair.split(' ')[1] ?? '' }]),
  ['new', { kind: 'PARKED', reason: 'PRICE_UNMAPPED' }],
]);

/** What happens: what is different from a subscription to `a1`, and when it is observed (March 1st, 2nd … unless said). */
type Step = Partial<SubscriptionSnapshot> & { items?: ItemSnapshot[]; given?: Partial<ProjectionInput> };
const day = (number: number, hour = 12): string => `2026-03-${String(number).padStart(2, '0')}T${hour}:00:00.000Z`;
const item = (priceId: string, difference: Partial<ItemSnapshot> = {}): ItemSnapshot => itemOf('si_1', priceId, difference);
const other = (priceId: string, difference: Partial<ItemSnapshot> = {}): ItemSnapshot => itemOf('si_2', priceId, difference);
const only = (priceId: string, difference: Partial<ItemSnapshot> = {}): Step => ({ items: [item(priceId, difference)] });

function project({ given, ...difference }: Step, existing: readonly ExistingRecord[], number: number) {
  return projectSubscription({
    subscription: subscriptionOf('sub_1', [], { items: [item('a1')], ...difference }),
    user: { key: 'usr_1' },
    prices: PRICES,
    wholePackageId: null,
    existing,
    policy: { pastDueGraceDays: 0, pausedCollectionGivesAccess: true },
    observedAt: day(number),
    ...given,
  });
}

/** The records after each step, as the database would hold them. Repeating a step must change nothing. */
function walk(steps: readonly Step[]): ExistingRecord[][] {
  const states: ExistingRecord[][] = [];
  for (const [index, step] of steps.entries()) {
    const existing = states.at(-1) ?? [];
    const { update, begin } = project(step, existing, index + 1);
    const updates = new Map(update.map((record) => [record.id, record]));
    const begun = begin.map((facts, position) => ({ ...facts, id: `#${existing.length + position + 1}`, sequence: existing.length + position }));
    const next = [...existing.map((record) => updates.get(record.id) ?? record), ...begun];
    expect(project(step, next, index + 20)).toMatchObject({ update: [], begin: [] });
    states.push(next);
  }
  return states;
}
const last = (...steps: Step[]): ExistingRecord[] => walk(steps).at(-1) ?? [];

/** `#2 B ACTIVE ×1, continues #1`; what gives no access is in brackets, what has ended is struck out by a dash. */
function shown({ id, packageId, status, quantity, givesAccess, endedAt, continues }: ExistingRecord): string {
  const words = `${packageId} ${status} ×${quantity ?? '–'}`;
  return `${endedAt === null ? '' : '-'}${id} ${givesAccess ? words : `(${words})`}${continues === null ? '' : `, continues ${continues}`}`;
}

const CANCELLED: Step = { status: 'canceled', canceledAt: day(2, 10), endedAt: day(2, 10) };

describe('what becomes of package subscriptions when their Stripe subscription changes', () => {
  it.each<[string, Step[], string[][]]>([
    ['another price of the same package stays in the record, there and back', [{}, only('a2'), {}], [['#1 A ACTIVE ×1'], ['#1 A ACTIVE ×1'], ['#1 A ACTIVE ×1']]],
    ['a price of another package ends it and begins one that continues; so does the way back, which revives nothing', [{}, only('b'), {}], [
      ['#1 A ACTIVE ×1'],
      ['-#1 (A CANCELLED ×1)', '#2 B ACTIVE ×1, continues #1'],
      ['-#1 (A CANCELLED ×1)', '-#2 (B CANCELLED ×1), continues #1', '#3 A ACTIVE ×1, continues #2'],
    ]],
    ['a price that is not mapped ends it; the next one that is continues it', [{}, only('new'), only('a2')], [
      ['#1 A ACTIVE ×1'],
      ['-#1 (A CANCELLED ×1)'],
      ['-#1 (A CANCELLED ×1)', '#2 A ACTIVE ×1, continues #1'],
    ]],
    ['an item that is added begins one, an item that is removed ends it, the others stay', [{}, { items: [item('a1'), other('c')] }, {}, { items: [item('a1'), itemOf('si_3', 'c')] }], [
      ['#1 A ACTIVE ×1'],
      ['#1 A ACTIVE ×1', '#2 C ACTIVE ×1'],
      ['#1 A ACTIVE ×1', '-#2 (C CANCELLED ×1)'],
      ['#1 A ACTIVE ×1', '-#2 (C CANCELLED ×1)', '#3 C ACTIVE ×1'],
    ]],
    ['two items of one package are two, and end one by one', [{ items: [item('a1', { quantity: 3 }), other('a2', { quantity: 5 })] }, { items: [other('a2', { quantity: 5 })] }], [
      ['#1 A ACTIVE ×3', '#2 A ACTIVE ×5'],
      ['-#1 (A CANCELLED ×3)', '#2 A ACTIVE ×5'],
    ]],
    ['two items that trade their packages are continued each by itself', [{ items: [item('a1'), other('b')] }, { items: [item('b'), other('a1')] }], [
      ['#1 A ACTIVE ×1', '#2 B ACTIVE ×1'],
      ['-#1 (A CANCELLED ×1)', '-#2 (B CANCELLED ×1)', '#3 B ACTIVE ×1, continues #1', '#4 A ACTIVE ×1, continues #2'],
    ]],
    ['a quantity goes up, down, to 0, to none and back', [{}, only('a1', { quantity: 5 }), only('a1', { quantity: 2 }), only('a1', { quantity: 0 }), only('a1', { quantity: null }), {}], [
      ['#1 A ACTIVE ×1'], ['#1 A ACTIVE ×5'], ['#1 A ACTIVE ×2'], ['#1 (A ACTIVE ×0)'], ['#1 A ACTIVE ×–'], ['#1 A ACTIVE ×1'],
    ]],
    ['a trial begins, ends unpaid, and is taken up later', [{ status: 'trialing', trialEnd: day(2) }, { status: 'paused', trialEnd: day(2) }, { trialEnd: day(2) }], [
      ['#1 A TRIALING ×1'], ['#1 (A PAUSED ×1)'], ['#1 A ACTIVE ×1'],
    ]],
    ['a first payment that is missing, and then made', [{ status: 'incomplete' }, {}], [['#1 (A INCOMPLETE ×1)'], ['#1 A ACTIVE ×1']]],
    ['a first payment that is never made', [{ status: 'incomplete' }, { status: 'incomplete_expired' }], [['#1 (A INCOMPLETE ×1)'], ['-#1 (A INCOMPLETE_EXPIRED ×1)']]],
    ['a payment fails, for good, and is made up for', [{}, { status: 'past_due' }, { status: 'unpaid' }, {}], [
      ['#1 A ACTIVE ×1'], ['#1 (A PAST_DUE ×1)'], ['#1 (A UNPAID ×1)'], ['#1 A ACTIVE ×1'],
    ]],
    ['a status that nobody knows gives nothing until it passes', [{}, { status: 'on_hold' }, {}], [['#1 A ACTIVE ×1'], ['#1 (A UNKNOWN ×1)'], ['#1 A ACTIVE ×1']]],
    ['a cancellation that is planned, and taken back, ends nothing', [{ cancelAtPeriodEnd: true, cancelAt: day(28), canceledAt: day(1) }, {}], [['#1 A ACTIVE ×1'], ['#1 A ACTIVE ×1']]],
    ['a cancellation ends every item', [{ items: [item('a1'), other('c')] }, { ...CANCELLED, items: [item('a1'), other('c')] }], [
      ['#1 A ACTIVE ×1', '#2 C ACTIVE ×1'],
      ['-#1 (A CANCELLED ×1)', '-#2 (C CANCELLED ×1)'],
    ]],
    ['a cancellation with another price begins nothing', [{}, { ...CANCELLED, ...only('b') }, { ...CANCELLED, ...only('c') }], [['#1 A ACTIVE ×1'], ['-#1 (A CANCELLED ×1)'], ['-#1 (A CANCELLED ×1)']]],
    ['a cancellation whose items are gone ends what there was', [{}, { ...CANCELLED, items: [] }], [['#1 A ACTIVE ×1'], ['-#1 (A CANCELLED ×1)']]],
    ['a mapping that changes works like another price', [{}, { given: { prices: new Map([['a1', { kind: 'PACKAGE', packageId: 'B' }]]) } }], [
      ['#1 A ACTIVE ×1'],
      ['-#1 (A CANCELLED ×1)', '#2 B ACTIVE ×1, continues #1'],
    ]],
    ['the base package of the whole comes, changes, goes and comes back', [{}, { given: { wholePackageId: 'X' } }, { given: { wholePackageId: 'Y' } }, {}, { given: { wholePackageId: 'X' } }], [
      ['#1 A ACTIVE ×1'],
      ['#1 A ACTIVE ×1', '#2 X ACTIVE ×–'],
      ['#1 A ACTIVE ×1', '-#2 (X CANCELLED ×–)', '#3 Y ACTIVE ×–, continues #2'],
      ['#1 A ACTIVE ×1', '-#2 (X CANCELLED ×–)', '-#3 (Y CANCELLED ×–), continues #2'],
      ['#1 A ACTIVE ×1', '-#2 (X CANCELLED ×–)', '-#3 (Y CANCELLED ×–), continues #2', '#4 X ACTIVE ×–, continues #3'],
    ]],
  ])('%s', (_what, steps, expected) => {
    expect(walk(steps).map((records) => records.map(shown))).toEqual(expected);
  });
});

describe('what is kept beside', () => {
  it.each<[string, Step[], Partial<ExistingRecord>[]]>([
    ['price and period of a swap within the package', [{}, only('a2', { currentPeriodStart: day(2), currentPeriodEnd: '2027-03-02T12:00:00.000Z' })], [
      { stripePriceId: 'a2', currentPeriodStart: day(2), currentPeriodEnd: '2027-03-02T12:00:00.000Z', startedAt: BEGAN, usageAnchor: BEGAN },
    ]],
    ['the time of a swap to another package, on both sides, and the anchor of the first', [{}, only('b'), {}], [
      { startedAt: BEGAN, endedAt: day(2), usageAnchor: BEGAN, stripePriceId: 'a1' },
      { startedAt: day(2), endedAt: day(3), usageAnchor: BEGAN, stripePriceId: 'b' },
      { startedAt: day(3), endedAt: null, usageAnchor: BEGAN, stripePriceId: 'a1' },
    ]],
    ['the gap between the two', [{}, only('new'), only('new'), only('b')], [{ endedAt: day(2) }, { startedAt: day(4), usageAnchor: BEGAN }]],
    ['Stripe’s own word, also of what ends', [{}, { status: 'past_due', ...only('b') }], [{ status: 'CANCELLED', stripeStatus: 'past_due' }, { status: 'PAST_DUE', stripeStatus: 'past_due' }]],
    ['Stripe’s word and time of what Stripe ended, also of an item that is gone', [{}, { status: 'incomplete_expired', canceledAt: day(1, 15), items: [] }], [{ status: 'INCOMPLETE_EXPIRED', stripeStatus: 'incomplete_expired', endedAt: day(1, 15) }]],
    ['a trial’s end, and one that was put off', [{ status: 'trialing', trialEnd: day(5) }, { status: 'trialing', trialEnd: day(9) }, { trialEnd: day(3, 10) }], [{ status: 'ACTIVE', trialEnd: day(3, 10) }]],
    ['a planned end', [{ cancelAt: day(20), canceledAt: day(1) }, { cancelAt: day(25), canceledAt: day(1) }], [{ cancelAt: day(25), cancelAtPeriodEnd: false, endedAt: null }]],
    ['that it is planned for the period’s end', [{}, { cancelAtPeriodEnd: true, cancelAt: day(28) }], [{ cancelAt: day(28), cancelAtPeriodEnd: true, accessUntil: null }]],
    ['nothing of a planned end that was taken back', [{ cancelAtPeriodEnd: true, cancelAt: day(28) }, {}], [{ cancelAt: null, cancelAtPeriodEnd: false }]],
    ['the end of a period, when that is when it was cancelled', [{ cancelAtPeriodEnd: true, cancelAt: day(28) }, { status: 'canceled', cancelAtPeriodEnd: true, cancelAt: day(28), canceledAt: day(1), endedAt: day(28) }], [{ endedAt: day(28) }]],
    ['each item’s own period', [{ items: [item('a1'), other('c', { currentPeriodStart: day(1), currentPeriodEnd: '2027-03-01T12:00:00.000Z' })] }], [
      { currentPeriodEnd: '2026-02-28T10:00:00.000Z' }, { currentPeriodEnd: '2027-03-01T12:00:00.000Z' },
    ]],
  ])('%s', (_what, steps, expected) => {
    expect(last(...steps)).toMatchObject(expected);
  });

  it.each(['keep_as_draft', 'mark_uncollectible', 'void', 'invented_later'])('a pause of collection: %s, until it is resumed', (pauseBehavior) => {
    const paused = { pauseBehavior, pauseResumesAt: day(20) };
    expect(walk([{}, paused, {}]).map(([record]) => record)).toMatchObject([{ givesAccess: true, pauseBehavior: null }, { givesAccess: true, ...paused }, { givesAccess: true, pauseBehavior: null, pauseResumesAt: null }]);
    const policy = { given: { policy: { pastDueGraceDays: 9, pausedCollectionGivesAccess: false } } };
    expect(walk([policy, { ...paused, ...policy }, { status: 'past_due', ...paused, ...policy }, policy]).map(([record]) => record?.givesAccess)).toEqual([true, false, false, true]);
  });

  it('the same for every order in which Stripe lists the items', () => {
    const items = [item('a1', { currentPeriodEnd: day(30), createdAt: day(1) }), other('c', { currentPeriodEnd: day(8) }), itemOf('si_3', 'new', { currentPeriodEnd: null })];
    const steps = (order: ItemSnapshot[]): Step[] => [{ items: order, given: { wholePackageId: 'X' } }, { status: 'past_due', items: order, given: { wholePackageId: 'X', policy: { pastDueGraceDays: 3, pausedCollectionGivesAccess: true } } }];
    const facts = (order: ItemSnapshot[]) => last(...steps(order)).map(({ id: _id, sequence: _sequence, ...rest }) => JSON.stringify(rest)).toSorted();
    expect(facts(items.toReversed())).toEqual(facts(items));
    expect(last(...steps(items))).toContainEqual(expect.objectContaining({ packageId: 'X', currentPeriodEnd: day(8) }));
  });
});

describe('times', () => {
  it('begin with the subscription for its first items, though Stripe stamps those a second later', () => {
    const backdated = { createdAt: day(1), startDate: '2024-01-01T00:00:00.000Z', items: [item('a1', { createdAt: '2026-03-01T12:00:01.000Z' }), other('c', { createdAt: day(1, 15) })] };
    expect(last(backdated)).toMatchObject([{ startedAt: '2024-01-01T00:00:00.000Z', usageAnchor: '2024-01-01T00:00:00.000Z' }, { startedAt: day(1, 15) }]);
  });

  it('never run backwards where our clock is behind Stripe’s, or behind a test clock', () => {
    const future = { createdAt: day(25), startDate: day(25), items: [item('a1', { createdAt: day(25) })] };
    expect(last(future, { ...future, ...only('b', { createdAt: day(25) }) }, { ...future, items: [] })).toMatchObject([
      { startedAt: day(25), endedAt: day(25) },
      { startedAt: day(25), endedAt: day(25), usageAnchor: day(25) },
    ]);
    expect(last({}, only('b'), { ...CANCELLED, ...only('b'), endedAt: day(1, 10) })).toMatchObject([{ endedAt: day(2) }, { startedAt: day(2), endedAt: day(2) }]);
  });

  it('continue the last record, whatever the order in which records of one moment are read', () => {
    const records = last({}, only('b')).map((record) => ({ ...record, endedAt: day(2), sequence: 5 - record.sequence }));
    expect(project({}, records, 3).begin).toMatchObject([{ continues: '#2' }]);
  });

  it('of grace count from the latest unpaid period, for all items of the subscription', () => {
    const items = [item('a1', { currentPeriodStart: day(1) }), other('c', { currentPeriodStart: BEGAN }), itemOf('si_3', 'b', { quantity: 0 })];
    const grace = { policy: { pastDueGraceDays: 7, pausedCollectionGivesAccess: true } };
    expect(last({ status: 'past_due', items, given: grace })).toMatchObject([
      { givesAccess: true, accessUntil: day(8) },
      { givesAccess: true, accessUntil: day(8) },
      { givesAccess: false, accessUntil: null },
    ]);
    expect(last({ status: 'past_due', items, given: grace }, { items, given: grace })).toMatchObject([{ accessUntil: null, status: 'ACTIVE' }, {}, {}]);
    expect(last({ status: 'past_due', items, given: grace }, { status: 'unpaid', items, given: grace })[0]).toMatchObject({ givesAccess: false, accessUntil: null });
  });
});
