import { loadEnv } from '@app/common';
import { describe, expect, it } from '@jest/globals';

import { resolvePlan } from './resolve-plan.js';

const GIVEN = { DATABASE_URL: 'postgresql://u:p@h/d', KANA_ENCRYPTION_KEY: 'a1'.repeat(32) };
const KEY = { STRIPE_SECRET_KEY: 'rk_test_1' };
const PRODUCTION = { NODE_ENV: 'production' };

const embedded = (name: string): object => ({ kind: 'EMBEDDED', name });
const given = { kind: 'GIVEN', url: GIVEN.DATABASE_URL };

describe('resolvePlan', () => {
  it.each([
    ['rehearses in a database of its own when nothing is set', {}, embedded('kana_demo'), { kind: 'SANDBOX' }, 'test'],
    ['uses the real database with a test key', KEY, embedded('kana'), { kind: 'KEY', key: 'rk_test_1' }, 'test'],
    ['is live with a live key, in a database of its own', { STRIPE_SECRET_KEY: 'sk_live_1' }, embedded('kana_live'), { kind: 'KEY', key: 'sk_live_1' }, 'live'],
    ['waits for a connection on a given server without a key', GIVEN, given, { kind: 'LATER' }, 'test'],
    ['uses both when both are given', { ...GIVEN, ...KEY }, given, { kind: 'KEY', key: 'rk_test_1' }, 'test'],
    ['runs in production with a key', { ...PRODUCTION, ...KEY }, embedded('kana'), { kind: 'KEY', key: 'rk_test_1' }, 'test'],
    ['runs in production with a given server', { ...PRODUCTION, ...GIVEN }, given, { kind: 'LATER' }, 'test'],
  ])('%s', (_name, source, database, stripe, mode) => {
    expect(resolvePlan(loadEnv(source))).toEqual({ kind: 'START', database, stripe, mode });
  });

  it('refuses the rehearsal in production', () => {
    expect(resolvePlan(loadEnv(PRODUCTION))).toMatchObject({ kind: 'REFUSED', code: 'rehearsal_in_production' });
  });
});
