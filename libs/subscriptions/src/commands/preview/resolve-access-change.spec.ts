import { describe, expect, it } from '@jest/globals';

import { type FeatureAccess, resolveAccessChange } from './resolve-access-change.js';

const YES: FeatureAccess = { access: true, budget: null, overageEnabled: false };
const NO: FeatureAccess = { access: false, budget: 0, overageEnabled: false };
const of = (budget: number): FeatureAccess => ({ access: true, budget, overageEnabled: false });

function changes(before: Record<string, FeatureAccess>, after: Record<string, FeatureAccess>): string[] {
  return resolveAccessChange(new Map(Object.entries(before)), new Map(Object.entries(after))).map(({ featureId, change }) => `${featureId} ${change}`);
}

describe('resolveAccessChange', () => {
  it.each<[string, Record<string, FeatureAccess>, Record<string, FeatureAccess>, string[]]>([
    ['tells nothing where nothing differs', { a: YES, b: of(5), c: NO }, { a: YES, b: of(5), c: NO }, []],
    ['tells what comes and what goes, by id', { b: YES }, { a: YES }, ['a GAINED', 'b LOST']],
    ['tells a feature that stays without access as nothing', { a: NO }, {}, []],
    ['tells one that had no access yet as gained', { a: NO }, { a: of(5) }, ['a GAINED']],
    ['tells another budget, and overage', { a: of(5), b: of(5), c: YES }, { a: of(8), b: { ...of(5), overageEnabled: true }, c: of(5) }, ['a CHANGED', 'b CHANGED', 'c CHANGED']],
    ['does not tell the budget of what gives no access', { a: NO }, { a: { ...NO, budget: 9 } }, []],
  ])('%s', (_name, before, after, told) => {
    expect(changes(before, after)).toEqual(told);
  });
});
