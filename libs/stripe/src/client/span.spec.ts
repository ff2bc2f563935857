import { describe, expect, it } from '@jest/globals';

import { ReadingTimer, spanOf } from './span.js';

describe('the span of a reading', () => {
  it.each<[string, [second: number, elapsedMs: number][], { lo: number; hi: number }]>([
    ['an answer that took no time', [[100, 0]], { lo: 100, hi: 100 }],
    ['one that took a moment', [[100, 0.2]], { lo: 99, hi: 101 }],
    ['one that took a whole second', [[100, 1000]], { lo: 99, hi: 101 }],
    ['one that took a little more', [[100, 1000.1]], { lo: 98, hi: 102 }],
    ['several, each by what it took itself', [[100, 10], [101, 10], [103, 3100]], { lo: 99, hi: 107 }],
    ['several that are dated out of order', [[103, 900], [100, 10]], { lo: 99, hi: 104 }],
  ])('widens %s', (_what, answers, span) => {
    expect(spanOf(answers.map(([second, elapsedMs]) => ({ second, elapsedMs })))).toEqual(span);
  });

  it('holds the moment of the state, whenever the answer was stamped', () => {
    for (const [asked, taken, stamped, received] of momentsOfARequest()) {
      const { lo, hi } = spanOf([{ second: Math.floor(stamped), elapsedMs: (received - asked) * 1000 }]);
      expect({ holds: lo <= taken && taken < hi + 1, asked, taken, stamped, received }).toMatchObject({ holds: true });
    }
  });

  it.each([null, '', 'yesterday'])('is not guessed where an answer is dated %p', (date) => {
    expect(() => new ReadingTimer().note({ date, elapsedMs: 0 })).toThrow(expect.objectContaining({ kind: 'UNAVAILABLE', code: 'stripe_answer_undated' }));
  });
});

/** Stripe's clock at the request, when the state was taken, when `Date` was stamped, and at the answer, in quarters of a second. */
function* momentsOfARequest(): Generator<[number, number, number, number]> {
  const quarters = (from: number, to: number): number[] => Array.from({ length: (to - from) * 4 + 1 }, (_, step) => from + step / 4);
  for (const asked of quarters(100, 101)) {
    for (const received of quarters(asked, 103)) {
      for (const taken of quarters(asked, received)) {
        for (const stamped of quarters(asked, received)) {
          yield [asked, taken, stamped, received];
        }
      }
    }
  }
}
