import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DueQueue } from './due-queue.js';

interface Due {
  at: number;
  place: number;
}

const drain = (queue: DueQueue<Due>, by: number): Due[] => {
  const out: Due[] = [];
  for (let due = queue.takeDue(by); due; due = queue.takeDue(by)) out.push(due.value);
  return out;
};

describe('DueQueue', () => {
  it('gives out what is due by then, the earliest first, and of one instant in the order it came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.integer({ min: -1, max: 10 }), (times, by) => {
        const all = times.map((at, place) => ({ at, place }));
        const queue = new DueQueue<Due>();
        for (const due of all) queue.add(due.at, due);
        const inOrder = all.toSorted((a, b) => a.at - b.at || a.place - b.place);
        expect(drain(queue, by)).toEqual(inOrder.filter(({ at }) => at <= by));
        expect(drain(queue, Infinity)).toEqual(inOrder.filter(({ at }) => at > by));
      }),
    );
  });

  it('takes out what is asked for and keeps the order of the rest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 })), (times) => {
        const all = times.map((at, place) => ({ at, place }));
        const queue = new DueQueue<Due>();
        for (const due of all) queue.add(due.at, due);
        const taken = queue.takeWhere(({ place }) => place % 2 === 0);
        expect(new Set(taken)).toEqual(new Set(all.filter(({ place }) => place % 2 === 0)));
        const rest = all.filter(({ place }) => place % 2 === 1).toSorted((a, b) => a.at - b.at || a.place - b.place);
        expect(drain(queue, Infinity)).toEqual(rest);
      }),
    );
  });
});
