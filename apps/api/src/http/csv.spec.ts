import { describe, expect, it } from '@jest/globals';

import { csvLine } from './csv.js';

describe('a line of comma-separated values', () => {
  it('ends as RFC 4180 says, and holds plain cells as they are', () => {
    expect(csvLine(['sub_1', 'ann@example.com', '', '0'])).toBe('sub_1,ann@example.com,,0\r\n');
  });

  it.each([
    ['a comma', 'a,b', '"a,b"'],
    ['a quote', 'a"b', '"a""b"'],
    ['a line break', 'a\nb', '"a\nb"'],
  ])('puts quotes around what holds %s', (_name, cell, written) => {
    expect(csvLine([cell, 'x'])).toBe(`${written},x\r\n`);
  });

  it.each(['=', '+', '-', '@', '\t'])('makes a text of what would be a formula: %j', (first) => {
    expect(csvLine([`${first}HYPERLINK(1)`])).toBe(`'${first}HYPERLINK(1)\r\n`);
  });

  it('makes a text of a formula that needs quotes as well', () => {
    expect(csvLine(['\r=1', '=cmd|"/c calc"!A0'])).toBe('"\'\r=1","\'=cmd|""/c calc""!A0"\r\n');
  });
});
