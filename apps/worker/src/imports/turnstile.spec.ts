import { describe, expect, it } from '@jest/globals';

import { Turnstile } from './turnstile.js';

describe('a turnstile', () => {
  it('lets so many through at a time, in their order, whether or not they fail', async () => {
    const turnstile = new Turnstile(2);
    const began: number[] = [];
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const passing = gates.map(({ promise }, index) => turnstile.pass(async () => {
      began.push(index);
      await promise;
    }));
    const over = Promise.allSettled(passing);
    const settle = (): Promise<unknown> => new Promise(setImmediate);
    await settle();
    expect(began).toEqual([0, 1]);
    gates[1]?.reject(new Error('failed'));
    await settle();
    expect(began).toEqual([0, 1, 2]);
    gates.forEach(({ resolve }) => resolve());
    expect((await over).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(began).toEqual([0, 1, 2, 3, 4]);
    await expect(turnstile.pass(() => Promise.resolve('free'))).resolves.toBe('free');
  });
});
