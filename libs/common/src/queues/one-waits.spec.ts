import { describe, expect, it } from '@jest/globals';

import { OneWaits } from './one-waits.js';

/** Work whose end the test decides on. */
class Held {
  begun = 0;
  private readonly ends: { done: () => void; fail: (error: Error) => void }[] = [];

  readonly work = (): Promise<void> => {
    this.begun += 1;
    return new Promise((done, fail) => this.ends.push({ done, fail }));
  };

  end(index: number): void {
    this.ends[index]?.done();
  }

  fail(index: number): void {
    this.ends[index]?.fail(new Error('refused'));
  }
}

describe('OneWaits', () => {
  it('runs at once what nobody runs, and again afterwards', async () => {
    const [runs, held] = [new OneWaits(), new Held()];
    const first = runs.run('a', held.work);
    expect(held.begun).toBe(1);
    held.end(0);
    await first;
    const second = runs.run('a', held.work);
    expect(held.begun).toBe(2);
    held.end(1);
    await second;
  });

  it('runs once more for all who asked while it ran, and only after it has ended', async () => {
    const [runs, held] = [new OneWaits(), new Held()];
    const first = runs.run('a', held.work);
    const rest = Array.from({ length: 100 }, () => runs.run('a', held.work));
    expect(held.begun).toBe(1);
    held.end(0);
    await first;
    await Promise.resolve();
    expect(held.begun).toBe(2);
    held.end(1);
    await Promise.all(rest);
    expect(held.begun).toBe(2);
  });

  it('lets those who ask during the second run wait for a third', async () => {
    const [runs, held] = [new OneWaits(), new Held()];
    const [first, second] = [runs.run('a', held.work), runs.run('a', held.work)];
    held.end(0);
    await first;
    await Promise.resolve();
    const third = runs.run('a', held.work);
    held.end(1);
    await second;
    await Promise.resolve();
    expect(held.begun).toBe(3);
    held.end(2);
    await third;
  });

  it('tells a failure to those who waited for that run alone', async () => {
    const [runs, held] = [new OneWaits(), new Held()];
    const [first, second] = [runs.run('a', held.work), runs.run('a', held.work)];
    held.fail(0);
    await expect(first).rejects.toThrow('refused');
    held.end(1);
    await expect(second).resolves.toBeUndefined();
  });

  it('does not wait for what was forgotten, nor is it disturbed when that ends after all', async () => {
    const [runs, held] = [new OneWaits(), new Held()];
    void runs.run('a', held.work);
    runs.forget('a');
    const second = runs.run('a', held.work);
    expect(held.begun).toBe(2);
    held.end(0);
    await Promise.resolve();
    void runs.run('a', held.work);
    expect(held.begun).toBe(2);
    held.end(1);
    await second;
  });

  it('keeps keys apart', () => {
    const [runs, held] = [new OneWaits(), new Held()];
    void runs.run('a', held.work);
    void runs.run('b', held.work);
    expect(held.begun).toBe(2);
  });
});
