import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Collection } from './collection.js';

interface Thing {
  id: string;
  created: number;
  colour: string;
}

type Step = { does: 'add' | 'paint' | 'remove'; created: number; colour: string; place: number };

const steps = fc.array(
  fc.record<Step>({
    does: fc.constantFrom('add', 'add', 'paint', 'remove'),
    created: fc.integer({ min: 0, max: 5 }),
    colour: fc.constantFrom('red', 'blue', 'none'),
    place: fc.nat(50),
  }),
  { maxLength: 60 },
);

const indexesOf = (thing: Thing): string[] => (thing.colour === 'none' ? [] : ['all', thing.colour]);

/** The same, without an index: all things in the order of their arrival. */
function naively(things: Map<string, Thing>, index: string): string[] {
  return Array.from(things.values())
    .map((thing, arrival) => ({ thing, arrival }))
    .filter(({ thing }) => indexesOf(thing).includes(index))
    .toSorted((a, b) => b.thing.created - a.thing.created || b.arrival - a.arrival)
    .map(({ thing }) => thing.id);
}

describe('a Collection that changes', () => {
  it('always lists what a naive one lists', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const collection = new Collection<Thing>(indexesOf, []);
        const naive = new Map<string, Thing>();
        for (const [index, { does, created, colour, place }] of all.entries()) {
          const known = [...naive.values()][place % Math.max(1, naive.size)];
          if (does === 'add' || !known) {
            const thing = { id: `t${index}`, created, colour };
            collection.add(thing);
            naive.set(thing.id, thing);
          } else if (does === 'paint') {
            collection.replace({ ...known, colour });
            naive.set(known.id, { ...known, colour });
          } else {
            collection.remove(known.id);
            naive.delete(known.id);
          }
        }
        for (const index of ['all', 'red', 'blue']) {
          expect(collection.under(index).map(({ id }) => id)).toEqual(naively(naive, index));
        }
      }),
    );
  });
});
