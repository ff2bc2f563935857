import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { PackageFeatureTerms, PackageWithFeature } from '@app/catalog';

import { checkEntitlement } from './check-entitlement.js';
import type { EntitlementInput, OpenSubscription } from './entitlement.types.js';

const NOW = new Date('2026-06-01T12:00:00Z');
const EARLIER = new Date('2026-05-31T12:00:00Z');
const LATER = new Date('2026-06-02T12:00:00Z');
const PERIOD = { start: EARLIER, end: LATER };

let number = 0;

function held(packageId: string, difference: Partial<OpenSubscription> = {}): OpenSubscription {
  number += 1;
  const givesAccess = difference.status === undefined || difference.status === 'ACTIVE' || difference.status === 'TRIALING';
  return { id: `psub_${number}`, packageId, status: 'ACTIVE', quantity: 1, givesAccess, accessUntil: null, startedAt: EARLIER, usageAnchor: EARLIER, ...difference };
}

function packaged(id: string, terms: Partial<PackageFeatureTerms> = {}, limitsAdd = false): PackageWithFeature {
  const standard = { featureId: 'calls', name: null, limit: null, resetPeriod: null, overageEnabled: false, scalesWithQuantity: false };
  return { id, name: id, limitsAdd, terms: { ...standard, ...terms } };
}

interface Case {
  type?: 'BINARY' | 'CONSUMABLE';
  subscriptions?: OpenSubscription[];
  packages?: PackageWithFeature[];
  delta?: number;
  used?: number;
}

function inputOf({ type = 'CONSUMABLE', subscriptions = [], packages = [], delta = 1, used = 0 }: Case): EntitlementInput {
  return { feature: { id: 'calls', type }, subscriptions, packages: new Map(packages.map((entry) => [entry.id, entry])), delta, used, period: PERIOD, now: NOW };
}

const TEN = packaged('ten', { limit: 10, resetPeriod: 'MONTH' });
const SEATS = packaged('seats', { limit: 1, scalesWithQuantity: true });

describe('checkEntitlement', () => {
  it.each<[string, Case, string, string]>([
    // [name, case, reason, used of budget]
    ['no subscription', {}, 'NO_SUBSCRIPTION', '0/0'],
    ['a package without the feature', { subscriptions: [held('other')], packages: [] }, 'FEATURE_NOT_IN_PACKAGES', '0/0'],
    ['an ended status of a package without the feature', { subscriptions: [held('other', { status: 'UNPAID' })] }, 'FEATURE_NOT_IN_PACKAGES', '0/0'],
    ['active', { subscriptions: [held('ten')], packages: [TEN] }, 'ENTITLED', '0/10'],
    ['trialing', { subscriptions: [held('ten', { status: 'TRIALING' })], packages: [TEN] }, 'ENTITLED', '0/10'],
    ['past due', { subscriptions: [held('ten', { status: 'PAST_DUE' })], packages: [TEN] }, 'SUBSCRIPTION_NOT_ACTIVE', '0/0'],
    ['unpaid', { subscriptions: [held('ten', { status: 'UNPAID' })], packages: [TEN] }, 'SUBSCRIPTION_NOT_ACTIVE', '0/0'],
    ['incomplete', { subscriptions: [held('ten', { status: 'INCOMPLETE' })], packages: [TEN] }, 'SUBSCRIPTION_NOT_ACTIVE', '0/0'],
    ['paused', { subscriptions: [held('ten', { status: 'PAUSED' })], packages: [TEN] }, 'SUBSCRIPTION_NOT_ACTIVE', '0/0'],
    ['a status that nobody knows', { subscriptions: [held('ten', { status: 'UNKNOWN' })], packages: [TEN] }, 'SUBSCRIPTION_NOT_ACTIVE', '0/0'],
    ['paused collection that gives no access', { subscriptions: [held('ten', { givesAccess: false })], packages: [TEN] }, 'SUBSCRIPTION_NOT_ACTIVE', '0/0'],
    ['past due within its grace', { subscriptions: [held('ten', { status: 'PAST_DUE', givesAccess: true, accessUntil: LATER })], packages: [TEN] }, 'ENTITLED', '0/10'],
    ['past due after its grace', { subscriptions: [held('ten', { status: 'PAST_DUE', givesAccess: true, accessUntil: EARLIER })], packages: [TEN] }, 'SUBSCRIPTION_NOT_ACTIVE', '0/0'],
    ['grace that ends this moment', { subscriptions: [held('ten', { status: 'PAST_DUE', givesAccess: true, accessUntil: NOW })], packages: [TEN] }, 'SUBSCRIPTION_NOT_ACTIVE', '0/0'],
    ['one past due beside one active', { subscriptions: [held('ten', { status: 'PAST_DUE' }), held('ten')], packages: [TEN] }, 'ENTITLED', '0/10'],

    ['quantity 0', { subscriptions: [held('ten', { quantity: 0 })], packages: [TEN] }, 'QUANTITY_ZERO', '0/0'],
    ['quantity 0 known not to give access', { subscriptions: [held('ten', { quantity: 0, givesAccess: false })], packages: [TEN] }, 'QUANTITY_ZERO', '0/0'],
    ['quantity 0 of an unpaid one', { subscriptions: [held('ten', { quantity: 0, status: 'UNPAID' })], packages: [TEN] }, 'SUBSCRIPTION_NOT_ACTIVE', '0/0'],
    ['quantity 0 beside quantity 3', { subscriptions: [held('seats', { quantity: 0 }), held('seats', { quantity: 3 })], packages: [SEATS] }, 'ENTITLED', '0/3'],
    ['3 and 5 seats of one package', { subscriptions: [held('seats', { quantity: 3 }), held('seats', { quantity: 5 })], packages: [SEATS] }, 'ENTITLED', '0/8'],
    ['seats that do not give access', { subscriptions: [held('seats', { quantity: 3 }), held('seats', { quantity: 5, status: 'UNPAID' })], packages: [SEATS] }, 'ENTITLED', '0/3'],
    ['a metered item of a package that scales', { subscriptions: [held('seats', { quantity: null })], packages: [SEATS] }, 'ENTITLED', '0/1'],
    ['a quantity of a package that does not scale', { subscriptions: [held('ten', { quantity: 5 })], packages: [TEN] }, 'ENTITLED', '0/10'],
    ['5 seats against a limit of 10', { subscriptions: [held('seats', { quantity: 5 }), held('ten')], packages: [SEATS, TEN] }, 'ENTITLED', '0/10'],
    ['11 seats against a limit of 10', { subscriptions: [held('seats', { quantity: 11 }), held('ten')], packages: [SEATS, TEN] }, 'ENTITLED', '0/11'],
    [
      'quantity times limit past what a number holds',
      { subscriptions: [held('huge', { quantity: 999_999_999 })], packages: [packaged('huge', { limit: 1e12, scalesWithQuantity: true })] },
      'ENTITLED',
      `0/${Number.MAX_SAFE_INTEGER}`,
    ],

    ['the last one', { subscriptions: [held('ten')], packages: [TEN], used: 9 }, 'ENTITLED', '9/10'],
    ['one too many', { subscriptions: [held('ten')], packages: [TEN], used: 10 }, 'LIMIT_REACHED', '10/10'],
    ['more at once than is left', { subscriptions: [held('ten')], packages: [TEN], used: 6, delta: 5 }, 'LIMIT_REACHED', '6/10'],
    ['nothing more, at the limit', { subscriptions: [held('ten')], packages: [TEN], used: 10, delta: 0 }, 'ENTITLED', '10/10'],
    ['nothing more, past the limit', { subscriptions: [held('ten')], packages: [TEN], used: 11, delta: 0 }, 'LIMIT_REACHED', '11/10'],
    ['a limit of 0', { subscriptions: [held('none')], packages: [packaged('none', { limit: 0 })] }, 'LIMIT_REACHED', '0/0'],
    ['overage', { subscriptions: [held('more')], packages: [packaged('more', { limit: 10, overageEnabled: true })], used: 10 }, 'OVERAGE_ALLOWED', '10/10'],
    [
      'overage of the package that does not win',
      { subscriptions: [held('ten'), held('more')], packages: [TEN, packaged('more', { limit: 1, overageEnabled: true })], used: 10 },
      'OVERAGE_ALLOWED',
      '10/10',
    ],
    [
      'overage of a package that gives no access',
      { subscriptions: [held('ten'), held('more', { status: 'UNPAID' })], packages: [TEN, packaged('more', { limit: 1, overageEnabled: true })], used: 10 },
      'LIMIT_REACHED',
      '10/10',
    ],
    ['unlimited', { subscriptions: [held('all')], packages: [packaged('all')], used: 1e9 }, 'UNLIMITED', '1000000000/unlimited'],
    ['unlimited beside a limit', { subscriptions: [held('ten'), held('all')], packages: [TEN, packaged('all')], used: 11 }, 'UNLIMITED', '11/unlimited'],
    ['unlimited that adds', { subscriptions: [held('ten'), held('all')], packages: [TEN, packaged('all', {}, true)], used: 11 }, 'UNLIMITED', '11/unlimited'],

    [
      'limits that add',
      { subscriptions: [held('ten'), held('plus')], packages: [TEN, packaged('plus', { limit: 5, resetPeriod: 'MONTH' }, true)], used: 14 },
      'ENTITLED',
      '14/15',
    ],
    [
      'several that add to the highest of the others',
      {
        subscriptions: [held('ten'), held('four'), held('plus'), held('seven')],
        packages: [TEN, packaged('four', { limit: 4 }), packaged('plus', { limit: 5 }, true), packaged('seven', { limit: 7 }, true)],
        used: 22,
      },
      'LIMIT_REACHED',
      '22/22',
    ],
    ['only one that adds', { subscriptions: [held('plus')], packages: [packaged('plus', { limit: 5 }, true)] }, 'ENTITLED', '0/5'],
    [
      'one that adds and scales',
      { subscriptions: [held('ten'), held('plus', { quantity: 3 })], packages: [TEN, packaged('plus', { limit: 5, scalesWithQuantity: true }, true)] },
      'ENTITLED',
      '0/25',
    ],
  ])('%s', (_name, given, reason, usage) => {
    const decision = checkEntitlement(inputOf(given));
    expect(decision.reason.code).toBe(reason);
    expect(decision.access).toBe(['ENTITLED', 'UNLIMITED', 'OVERAGE_ALLOWED'].includes(reason));
    expect(`${decision.consumption?.used}/${decision.consumption?.budget ?? 'unlimited'}`).toBe(usage);
    expect(decision.winner === null).toBe(usage === '0/0' && reason !== 'LIMIT_REACHED');
  });

  it.each<[string, Case, boolean, string]>([
    ['active', { subscriptions: [held('a')], packages: [packaged('a')] }, true, 'ENTITLED'],
    ['quantity 0', { subscriptions: [held('a', { quantity: 0 })], packages: [packaged('a')] }, false, 'QUANTITY_ZERO'],
    ['unpaid', { subscriptions: [held('a', { status: 'UNPAID' })], packages: [packaged('a')] }, false, 'SUBSCRIPTION_NOT_ACTIVE'],
    ['none', {}, false, 'NO_SUBSCRIPTION'],
  ])('a binary feature is not counted: %s', (_name, given, access, code) => {
    expect(checkEntitlement(inputOf({ ...given, type: 'BINARY' }))).toMatchObject({ access, reason: { code }, consumption: null });
  });

  it.each<[string, OpenSubscription[], PackageWithFeature[], string]>([
    ['the highest limit', [held('ten'), held('six')], [TEN, packaged('six', { limit: 6, resetPeriod: 'DAY' })], 'ten'],
    ['the shorter reset of equal limits', [held('ten'), held('day')], [TEN, packaged('day', { limit: 10, resetPeriod: 'DAY' })], 'day'],
    ['any reset before none', [held('ever'), held('year')], [packaged('ever', { limit: 10 }), packaged('year', { limit: 10, resetPeriod: 'YEAR' })], 'year'],
    ['the older of equals', [held('ten'), held('old', { startedAt: new Date(0) })], [TEN, packaged('old', { limit: 10, resetPeriod: 'MONTH' })], 'old'],
    ['the shorter reset of two unlimited ones', [held('all'), held('day')], [packaged('all'), packaged('day', { resetPeriod: 'DAY' })], 'day'],
    ['the one that others add to', [held('ten'), held('plus')], [TEN, packaged('plus', { limit: 99 }, true)], 'ten'],
    ['an unlimited one that adds', [held('ten'), held('plus')], [TEN, packaged('plus', {}, true)], 'plus'],
  ])('lets win: %s', (_name, subscriptions, packages, winner) => {
    expect(checkEntitlement(inputOf({ subscriptions, packages })).winner?.packageId).toBe(winner);
  });

  it('names the oldest item of the winning package that counts', () => {
    const zero = held('seats', { quantity: 0, startedAt: new Date(0) });
    const old = held('seats', { startedAt: new Date(1) });
    const young = held('seats');
    expect(checkEntitlement(inputOf({ subscriptions: [young, old, zero], packages: [SEATS] })).winner?.subscriptionId).toBe(old.id);
  });

  it('says in words what stands in the way', () => {
    const gold = { ...packaged('gold', { limit: 3 }), name: 'Gold plan' };
    const text = (given: Case) => checkEntitlement(inputOf(given)).reason.text;
    expect(text({ subscriptions: [held('gold', { status: 'PAST_DUE' })], packages: [gold] })).toBe(
      'The subscription to package "Gold plan" (gold) is PAST_DUE and gives no access now.',
    );
    expect(text({ subscriptions: [held('gold')], packages: [gold], used: 3, delta: 2 })).toBe('3 of 3 used; 2 more does not fit.');
  });

  it('agrees with rules E1, E2 and S6 said naively, for any input', () => {
    fc.assert(
      fc.property(anyInput(), (input) => {
        const { access, consumption } = checkEntitlement(input);
        expect({ access, consumption }).toEqual(naively(input));
      }),
      { verbose: 1, numRuns: 2000 },
    );
  });

  it('does not depend on the order of subscriptions', () => {
    fc.assert(
      fc.property(anyInput(), (input) => {
        const turned = { ...input, subscriptions: input.subscriptions.toReversed() };
        expect(checkEntitlement(turned)).toEqual(checkEntitlement(input));
      }),
    );
  });
});

function anyInput(): fc.Arbitrary<EntitlementInput> {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const terms = fc.record({
    limit: fc.option(fc.integer({ min: 0, max: 5 }), { freq: 5 }),
    resetPeriod: fc.constantFrom('DAY' as const, 'MONTH' as const, 'YEAR' as const, null),
    overageEnabled: fc.boolean(),
    scalesWithQuantity: fc.boolean(),
  });
  const packages = fc.uniqueArray(
    fc.tuple(fc.constantFrom(...ids), terms, fc.boolean()).map(([id, entry, adds]) => packaged(id, entry, adds)),
    { selector: ({ id }) => id },
  );
  const subscription = fc.record({
    packageId: fc.constantFrom(...ids),
    status: fc.constantFrom('ACTIVE' as const, 'TRIALING' as const, 'PAST_DUE' as const, 'UNPAID' as const),
    quantity: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 4 }),
    givesAccess: fc.boolean(),
    accessUntil: fc.constantFrom(null, EARLIER, NOW, LATER),
    startedAt: fc.constantFrom(new Date(0), EARLIER),
  });
  return fc
    .record({
      type: fc.constantFrom('BINARY' as const, 'CONSUMABLE' as const),
      packages,
      subscriptions: fc.array(subscription, { maxLength: 6 }).map((rows) => rows.map((row, index) => ({ id: `psub_${index}`, usageAnchor: row.startedAt, ...row }))),
      delta: fc.integer({ min: 0, max: 5 }),
      used: fc.integer({ min: 0, max: 12 }),
    })
    .map(inputOf);
}

/** The rules once more, as the product's text says them and with no structure shared with the code under test. */
function naively({ feature, subscriptions, packages, delta, used, period, now }: EntitlementInput) {
  const quantities: Record<string, number> = {};
  for (const { packageId, givesAccess, accessUntil, quantity } of subscriptions) {
    if (givesAccess && (accessUntil === null || accessUntil.getTime() > now.getTime()) && packages.has(packageId)) {
      quantities[packageId] = (quantities[packageId] ?? 0) + (quantity === null ? 1 : quantity);
    }
  }
  let subscribed = false;
  let overageEnabled = false;
  let highest = 0;
  let added = 0;
  for (const [packageId, quantity] of Object.entries(quantities)) {
    const found = packages.get(packageId);
    if (quantity > 0 && found !== undefined) {
      subscribed = true;
      overageEnabled ||= found.terms.overageEnabled;
      const limit = (found.terms.limit ?? Infinity) * (found.terms.scalesWithQuantity ? quantity : 1);
      added += found.limitsAdd ? limit : 0;
      highest = found.limitsAdd ? highest : Math.max(highest, limit);
    }
  }
  const budget = highest + added;
  const fits = overageEnabled || used + delta <= budget;
  return feature.type === 'BINARY'
    ? { access: subscribed, consumption: null }
    : { access: subscribed && fits, consumption: { used, budget: budget === Infinity ? null : budget, overageEnabled, period } };
}
