import { StripeCallError, StripeReader } from '@app/stripe';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { clientOf } from './sandbox-under-test.js';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 20, seed: 1 });
});

afterAll(async () => sandbox.close());

async function listed(key: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const some of new StripeReader(clientOf(sandbox, key), 'kana_user_id').subscriptionsUnderTestClocks()) {
    ids.push(...some);
  }
  return ids.toSorted();
}

describe('what lives under test clocks', () => {
  it('is found clock by clock, and is in no plain list', async () => {
    const { subscriptions, underTestClock } = sandbox.truth();
    const ids = await listed('rk_test_all');
    expect(ids).toEqual(underTestClock.subscriptions.map(({ id }) => id).toSorted());
    expect(ids.length).toBeGreaterThan(0);
    expect(subscriptions.map(({ id }) => id)).not.toEqual(expect.arrayContaining(ids));
  });

  it('is not shown to a key without the right', async () => {
    const refused = listed('rk_test_no_test_clocks_x');
    await expect(refused).rejects.toBeInstanceOf(StripeCallError);
    await expect(refused).rejects.toMatchObject({ code: 'stripe_right_missing' });
  });
});
