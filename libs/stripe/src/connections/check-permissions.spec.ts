import { describe, expect, it } from '@jest/globals';

import { hintOfKey, missingRights, modeOfKey, PROBED_RESOURCES } from './check-permissions.js';

const report = (...refused: string[]) =>
  PROBED_RESOURCES.map(({ resource, required }) => ({ resource, required, granted: !refused.includes(resource) }));

describe('the rights of a key', () => {
  it('are enough when all are granted, or only the account may not be read', () => {
    expect(missingRights(report())).toEqual([]);
    expect(missingRights(report('account'))).toEqual([]);
  });

  it('are named as the dashboard names them, in its order', () => {
    expect(missingRights(report('events', 'customers', 'account'))).toEqual(['Customers: Read', 'Events: Read']);
  });
});

describe('the mode of a key', () => {
  it.each([
    ['rk_test_51abc', 'TEST'],
    ['sk_test_51abc', 'TEST'],
    ['rk_live_51abc', 'LIVE'],
    ['sk_live_51abc', 'LIVE'],
  ])('%s is %s', (key, mode) => {
    expect(modeOfKey(key)).toBe(mode);
  });

  it.each(['pk_test_51abc', 'sk_test_', 'sk_51abc', ' sk_test_51abc', 'sk_test_51abc\n', 'sk_test_51 abc', 'whsec_51abc', ''])('%j is no key of the right kind', (key) => {
    expect(modeOfKey(key)).toBeNull();
  });
});

describe('the hint of a key', () => {
  it('shows kind, mode and the last four characters', () => {
    expect(hintOfKey('rk_test_51SecretSecret9f3a')).toBe('rk_test_…9f3a');
  });

  it('does not show the whole of a short one', () => {
    expect(hintOfKey('sk_test_abcd')).toBe('sk_test_…');
  });
});
