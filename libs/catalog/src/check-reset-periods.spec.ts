import { describe, expect, it } from '@jest/globals';

import type { ResetPeriod } from './catalog.types.js';
import { checkResetPeriods, type AddableTerms } from './check-reset-periods.js';

function terms(packageId: string, limitsAdd: boolean, periods: Record<string, ResetPeriod | null>): AddableTerms {
  return { packageId, limitsAdd, features: Object.entries(periods).map(([featureId, resetPeriod]) => ({ featureId, resetPeriod })) };
}

describe('checkResetPeriods', () => {
  it.each<[string, AddableTerms, AddableTerms[], string[]]>([
    ['nothing else is published', terms('a', true, { calls: 'DAY' }), [], []],
    ['the periods are equal', terms('a', true, { calls: 'MONTH' }), [terms('b', false, { calls: 'MONTH' })], []],
    ['neither adds', terms('a', false, { calls: 'DAY' }), [terms('b', false, { calls: 'MONTH' })], []],
    ['they share no feature', terms('a', true, { calls: 'DAY' }), [terms('b', false, { seats: 'MONTH' })], []],
    ['the new one adds over another period', terms('a', true, { calls: 'DAY' }), [terms('b', false, { calls: 'MONTH' })], ['calls b']],
    ['an adding one is there already', terms('a', false, { calls: 'DAY' }), [terms('b', true, { calls: 'MONTH' })], ['calls b']],
    ['one never resets', terms('a', true, { calls: null }), [terms('b', false, { calls: 'YEAR' })], ['calls b']],
    ['neither ever resets', terms('a', true, { calls: null }), [terms('b', false, { calls: null })], []],
    [
      'several differ',
      terms('a', true, { calls: 'DAY', seats: null }),
      [terms('b', false, { calls: 'MONTH' }), terms('c', false, { seats: 'YEAR', calls: 'DAY' })],
      ['calls b', 'seats c'],
    ],
  ])('judges: %s', (_name, candidate, others, expected) => {
    expect(checkResetPeriods(candidate, others).map((found) => `${found.featureId} ${found.otherPackageId}`)).toEqual(expected);
  });
});
