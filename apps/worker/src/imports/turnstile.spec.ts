import { describe, expect, it } from '@jest/globals';

import { Turnstile } from './turnstile.js';

const settle = (): Promise<unknown> => new Promise(setImmediate);

describe('a turnstile', () => {
  it('lets so many through at a time, in their order, whether or not they fail', async () => {
    const turnstile = new Turnstile(2);
    const began: number[] = [];
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const passing = gates.map(({ promise }, index) => turnstile.pass(0, async () => {
      began.push(index);
      await promise;
    }));
    const over = Promise.allSettled(passing);
    await settle();
    expect(began).toEqual([0, 1]);
    gates[1]?.reject(new Error('failed'));
    await settle();
    expect(began).toEqual([0, 1, 2]);
    gates.forEach(({ resolve }) => resolve());
    expect((await over).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(began).toEqual([0, 1, 2, 3, 4]);
    await expect(turnstile.pass(0, () => Promise.resolve('free'))).resolves.toBe('free');
  });

  it('lets the lower rank in first, and of one rank who came first', async () => {
    const turnstile = new Turnstile(1);
    const began: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = turnstile.pass(2, () => gate.promise);
    const ranks = [2, 1, 2, 0, 1, 0];
    const passing = ranks.map((rank, index) => turnstile.pass(rank, async () => {
      began.push(`${rank}.${index}`);
      await settle();
    }));
    gate.resolve();
    await Promise.all([first, ...passing]);
    expect(began).toEqual(['0.3', '0.5', '1.1', '1.4', '2.0', '2.2']);
  });
});
