import { stat } from 'node:fs/promises';

import { describe, expect, it } from '@jest/globals';

import { within } from './within.js';

const late = (): Error => new Error('late');

/** The whole process, as on a machine that is busy with others. */
function standStill(milliseconds: number): void {
  for (const started = performance.now(); performance.now() - started < milliseconds; );
}

describe('within', () => {
  it('gives up what does not come', async () => {
    await expect(within(10, new Promise(() => undefined), late)).rejects.toThrow('late');
  });

  it('gives what comes, and its failure', async () => {
    await expect(within(60_000, Promise.resolve('done'), late)).resolves.toBe('done');
    await expect(within(60_000, Promise.reject(new Error('failed')), late)).rejects.toThrow('failed');
  });

  it('does not give up what was answered in time while this process stood still', async () => {
    const answer = within(20, stat('.'), late);
    standStill(200);
    expect((await answer).isDirectory()).toBe(true);
  });
});
