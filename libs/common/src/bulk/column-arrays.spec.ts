import { describe, expect, it } from '@jest/globals';

import { type BulkTable, columnArrays } from './column-arrays.js';

const TABLE: BulkTable = { name: 't', columns: { id: 'text', amount: 'bigint', at: 'timestamptz', open: 'boolean', facts: 'jsonb' }, key: ['id'] };

describe('rows as arrays of columns', () => {
  it.each([
    ['text', 'id', 'sub_1', '"sub_1"'],
    ['text that is empty', 'id', '', '""'],
    ['text that says NULL', 'id', 'NULL', '"NULL"'],
    ['text with what ends an element', 'id', 'a,b}{c', '"a,b}{c"'],
    ['text with quotes and backslashes', 'id', 'say "\\n"', String.raw`"say \"\\n\""`],
    ['text over several lines', 'id', 'one\ntwo', '"one\ntwo"'],
    ['a number', 'amount', 9_007_199_254_740_991, '"9007199254740991"'],
    ['a big number', 'amount', 12n, '"12"'],
    ['nought', 'amount', 0, '"0"'],
    ['false', 'open', false, '"false"'],
    ['a date', 'at', new Date('2026-11-28T10:00:00.125Z'), '"2026-11-28T10:00:00.125Z"'],
    ['an object', 'facts', { a: 'b"c' }, String.raw`"{\"a\":\"b\\\"c\"}"`],
    ['a string that is JSON', 'facts', 'text', String.raw`"\"text\""`],
    ['a list that is JSON', 'facts', [1, null], '"[1,null]"'],
    ['NULL', 'id', null, 'NULL'],
    ['NULL instead of JSON', 'facts', null, 'NULL'],
  ])('writes %s', (_name, column, value, written) => {
    expect(columnArrays(TABLE, [column], [{ [column]: value }])).toEqual([`{${written}}`]);
  });

  it('takes a missing member for NULL, and keeps the order of the rows', () => {
    expect(columnArrays(TABLE, ['id', 'amount'], [{ id: 'a', amount: 1 }, { id: 'b' }])).toEqual(['{"a","b"}', '{"1",NULL}']);
  });

  it('has an empty array for each column where there is no row', () => {
    expect(columnArrays(TABLE, ['id', 'open'], [])).toEqual(['{}', '{}']);
  });
});
