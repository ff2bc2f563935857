import { describe, expect, it } from '@jest/globals';

import type { PackageFeatureTerms, PackageWithFeature } from '@app/catalog';

import type { EntitlementContext, OpenSubscription } from '../entitlements/entitlement.types.js';
import { resolveUsageTerms } from '../entitlements/resolve-grants.js';
import { checkUsage, MAXIMUM_TOTAL, type UsageQuestion } from './check-usage.js';

const NOW = new Date('2026-06-01T12:00:00Z');
const ANCHOR = new Date('2026-01-31T10:00:00Z');

function held(packageId: string, difference: Partial<OpenSubscription> = {}): OpenSubscription {
  const dates = { startedAt: ANCHOR, usageAnchor: ANCHOR, accessUntil: null };
  return { id: `psub_${packageId}`, packageId, status: 'ACTIVE', quantity: 1, givesAccess: true, ...dates, ...difference };
}

function packaged(id: string, terms: Partial<PackageFeatureTerms> = {}, limitsAdd = false): PackageWithFeature {
  const standard = { featureId: 'calls', name: null, limit: 10, resetPeriod: 'MONTH' as const, overageEnabled: false, scalesWithQuantity: false };
  return { id, name: id, limitsAdd, terms: { ...standard, ...terms } };
}

function contextOf(subscriptions: OpenSubscription[], packages: PackageWithFeature[]): EntitlementContext {
  return { feature: { id: 'calls', type: 'CONSUMABLE' }, subscriptions, packages: new Map(packages.map((entry) => [entry.id, entry])), now: NOW };
}

const TEN = contextOf([held('ten')], [packaged('ten')]);
const NOBODY = contextOf([], []);

function decide(difference: Partial<UsageQuestion>): string {
  const decision = checkUsage({ action: 'ADD', delta: 1, require: false, total: 0, period: null, context: TEN, ...difference });
  switch (decision.kind) {
    case 'RECORD':
      return `${decision.amount} → ${decision.total}`;
    case 'OVER_BUDGET':
      return `OVER_BUDGET ${decision.decision.reason.code}`;
    case 'BELOW_ZERO':
    case 'TOO_LARGE':
      return decision.kind;
  }
}

describe('checkUsage', () => {
  it.each<[string, Partial<UsageQuestion>, string]>([
    ['adds', { delta: 3, total: 4 }, '3 → 7'],
    ['adds nothing', { delta: 0, total: 4 }, '0 → 4'],
    ['gives back', { delta: -4, total: 4 }, '-4 → 0'],
    ['gives back more than was used', { delta: -5, total: 4 }, 'BELOW_ZERO'],
    ['sets up', { action: 'SET', delta: 9, total: 4 }, '5 → 9'],
    ['sets down', { action: 'SET', delta: 1, total: 4 }, '-3 → 1'],
    ['sets to what is there', { action: 'SET', delta: 4, total: 4 }, '0 → 4'],
    ['sets below zero', { action: 'SET', delta: -1, total: 4 }, 'BELOW_ZERO'],
    ['sets below zero from further below', { action: 'SET', delta: -1, total: -4 }, 'BELOW_ZERO'],
    ['adds to a total that a change of periods left below zero', { delta: 1, total: -4 }, '1 → -3'],
    ['adds past what can be counted', { delta: 1, total: MAXIMUM_TOTAL }, 'TOO_LARGE'],
    ['adds up to what can be counted', { delta: 1, total: MAXIMUM_TOTAL - 1 }, `1 → ${MAXIMUM_TOTAL}`],
    ['over budget, unasked', { delta: 1, total: 10 }, '1 → 11'],
    ['without entitlement, unasked', { context: NOBODY }, '1 → 1'],

    ['the last unit, required', { require: true, total: 9 }, '1 → 10'],
    ['one too many, required', { require: true, total: 10 }, 'OVER_BUDGET LIMIT_REACHED'],
    ['more than is left, required', { require: true, delta: 3, total: 8 }, 'OVER_BUDGET LIMIT_REACHED'],
    ['a total within the budget, required', { require: true, action: 'SET', delta: 10, total: 3 }, '7 → 10'],
    ['a total past the budget, required', { require: true, action: 'SET', delta: 11, total: 10 }, 'OVER_BUDGET LIMIT_REACHED'],
    ['giving back while over budget, required', { require: true, delta: -1, total: 12 }, '-1 → 11'],
    ['a lower total that is still over budget, required', { require: true, action: 'SET', delta: 11, total: 12 }, '-1 → 11'],
    ['without entitlement, required', { require: true, context: NOBODY }, 'OVER_BUDGET NO_SUBSCRIPTION'],
    [
      'past due, required',
      { require: true, context: contextOf([held('ten', { status: 'PAST_DUE', givesAccess: false })], [packaged('ten')]) },
      'OVER_BUDGET SUBSCRIPTION_NOT_ACTIVE',
    ],
    ['unlimited, required', { require: true, total: 1e9, context: contextOf([held('all')], [packaged('all', { limit: null })]) }, '1 → 1000000001'],
    ['with overage, required', { require: true, total: 10, context: contextOf([held('more')], [packaged('more', { overageEnabled: true })]) }, '1 → 11'],
    [
      'overage of another package, required',
      { require: true, total: 10, context: contextOf([held('ten'), held('more')], [packaged('ten'), packaged('more', { limit: 1, overageEnabled: true })]) },
      '1 → 11',
    ],
    [
      'limits that add, required: up to the sum',
      { require: true, delta: 15, context: contextOf([held('ten'), held('plus')], [packaged('ten'), packaged('plus', { limit: 5 }, true)]) },
      '15 → 15',
    ],
    [
      'limits that add, required: past the sum',
      { require: true, delta: 16, context: contextOf([held('ten'), held('plus')], [packaged('ten'), packaged('plus', { limit: 5 }, true)]) },
      'OVER_BUDGET LIMIT_REACHED',
    ],
    [
      'the highest of several, required',
      { require: true, delta: 20, context: contextOf([held('ten'), held('twenty')], [packaged('ten'), packaged('twenty', { limit: 20 })]) },
      '20 → 20',
    ],
    [
      'seats: 3 and 5 of one package, required',
      {
        require: true,
        delta: 8,
        context: contextOf([held('seat', { quantity: 3 }), held('seat', { id: 'psub_2', quantity: 5 })], [packaged('seat', { limit: 1, scalesWithQuantity: true })]),
      },
      '8 → 8',
    ],
    [
      'a ninth of 8 seats, required',
      {
        require: true,
        total: 8,
        context: contextOf([held('seat', { quantity: 3 }), held('seat', { id: 'psub_2', quantity: 5 })], [packaged('seat', { limit: 1, scalesWithQuantity: true })]),
      },
      'OVER_BUDGET LIMIT_REACHED',
    ],
  ])('%s', (_name, difference, expected) => {
    expect(decide(difference)).toBe(expected);
  });
});

describe('resolveUsageTerms', () => {
  const later = new Date('2026-02-10T00:00:00Z');
  const day = packaged('day', { limit: 20, resetPeriod: 'DAY' });

  it.each<[string, OpenSubscription[], PackageWithFeature[], unknown]>([
    ['the only one', [held('ten')], [packaged('ten')], { resetPeriod: 'MONTH', anchor: ANCHOR }],
    ['the winner', [held('ten'), held('day', { usageAnchor: later })], [packaged('ten'), day], { resetPeriod: 'DAY', anchor: later }],
    ['the inherited anchor', [held('ten', { startedAt: later })], [packaged('ten')], { resetPeriod: 'MONTH', anchor: ANCHOR }],
    [
      'the oldest item of a package',
      [held('ten', { id: 'psub_b', startedAt: later, usageAnchor: later }), held('ten')],
      [packaged('ten')],
      { resetPeriod: 'MONTH', anchor: ANCHOR },
    ],
    [
      'one that gives access before a better one that does not',
      [held('ten'), held('day', { status: 'UNPAID', givesAccess: false })],
      [packaged('ten'), day],
      { resetPeriod: 'MONTH', anchor: ANCHOR },
    ],
    ['what would count if it gave access', [held('ten', { status: 'PAST_DUE', givesAccess: false })], [packaged('ten')], { resetPeriod: 'MONTH', anchor: ANCHOR }],
    ['never', [held('ever')], [packaged('ever', { resetPeriod: null })], { resetPeriod: null, anchor: ANCHOR }],
    ['none, where no package has the feature', [held('other')], [], null],
  ])('counts by %s', (_name, subscriptions, packages, expected) => {
    expect(resolveUsageTerms(contextOf(subscriptions, packages))).toEqual(expected);
  });
});
