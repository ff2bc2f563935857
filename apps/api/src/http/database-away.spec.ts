import { describe, expect, it } from '@jest/globals';

import { isDatabaseAway } from './database-away.js';

const withCode = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

describe('isDatabaseAway', () => {
  it.each([
    ['a refused connection', withCode('ECONNREFUSED')],
    ['a server that shuts down', withCode('57P01')],
    ['a server that starts', withCode('57P03')],
    ['a broken connection, which has no code', new Error('Connection terminated unexpectedly')],
    ['too many connections', withCode('53300')],
    ['a cause within a cause', new Error('x', { cause: new Error('y', { cause: withCode('ECONNRESET') }) })],
    ['several addresses that were all refused', new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')])],
  ])('is true for %s', (_name, error) => {
    expect(isDatabaseAway(error)).toBe(true);
  });

  it.each([
    ['a statement that is wrong', withCode('42P01', 'relation does not exist')],
    ['a duplicate', withCode('23505')],
    ['a bug', new TypeError('x is undefined')],
    ['a text about a terminated connection', withCode('23514', 'new row says: Connection terminated')],
    ['no error at all', 'ECONNREFUSED'],
  ])('is false for %s', (_name, error) => {
    expect(isDatabaseAway(error)).toBe(false);
  });
});
