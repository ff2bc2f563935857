import { describe, expect, it } from '@jest/globals';
import { Collection } from './collection.js';
import type { ListQuery } from './collection.js';

interface Thing {
  id: string;
  created: number;
  colour: string;
  gone?: boolean;
}

const things = new Collection<Thing>(
  (thing) => (thing.gone ? [] : ['all', `colour:${thing.colour}`, `second:${thing.created}`]),
  [
    { id: 'a', created: 1, colour: 'red' },
    { id: 'b', created: 2, colour: 'blue' },
    { id: 'c', created: 2, colour: 'red' },
    { id: 'd', created: 3, colour: 'red', gone: true },
  ],
);

function ids(query: Partial<ListQuery<Thing>>): string[] | 'cursor-missing' {
  const all = { limit: 10, created: { from: -Infinity, to: Infinity }, cursor: undefined, scope: 'all' };
  const outcome = things.list({ ...all, ...query });
  return outcome.kind === 'page' ? outcome.page.data.map((thing) => thing.id) : 'cursor-missing';
}

describe('Collection', () => {
  it('finds an object by id that no list shows', () => {
    expect(things.get('d')?.colour).toBe('red');
    expect(ids({})).toEqual(['c', 'b', 'a']);
  });

  it.each<[string, Partial<ListQuery<Thing>>, string[] | 'cursor-missing']>([
    ['joins scope and filters', { filters: ['colour:red'] }, ['c', 'a']],
    ['joins several filters', { filters: ['colour:red', 'second:2'] }, ['c']],
    ['answers nothing for an index that holds nothing', { filters: ['colour:green'] }, []],
    ['goes on behind a cursor that the filters leave out', { cursor: { side: 'after', id: 'b' }, filters: ['colour:red'] }, ['a']],
    ['misses a cursor that nothing has', { cursor: { side: 'after', id: 'z' } }, 'cursor-missing'],
    ['misses a cursor that is gone from the list', { cursor: { side: 'after', id: 'd' } }, 'cursor-missing'],
    ['misses a cursor outside the scope', { scope: 'colour:blue', cursor: { side: 'after', id: 'c' } }, 'cursor-missing'],
  ])('%s', (_name, query, expected) => {
    expect(ids(query)).toEqual(expected);
  });
});
