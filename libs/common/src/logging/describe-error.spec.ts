import { describe, expect, it } from '@jest/globals';

import { describeError } from './describe-error.js';

describe('describeError', () => {
  it('keeps type, code, message, stack and causes', () => {
    const cause = Object.assign(new TypeError('no route'), { code: 'EHOSTUNREACH' });
    const described = describeError(new Error('The database is away.', { cause }));
    expect(described).toMatchObject({
      type: 'Error',
      message: 'The database is away.',
      cause: { type: 'TypeError', code: 'EHOSTUNREACH', message: 'no route' },
    });
    expect(described.stack).toContain('describe-error.spec');
  });

  it('leaves out the rejected row that errors of the database carry', () => {
    const error = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (email)=(ann@example.com)', parameters: ['ann@example.com'] });
    expect(JSON.stringify(describeError(error))).not.toContain('ann@example.com');
  });

  it('leaves out the value that PostgreSQL repeats where it refuses one', () => {
    const cause = Object.assign(new Error('invalid input syntax for type integer: "Ann "the" Canary"'), { code: '22P02' });
    const error = Object.assign(new Error(cause.message, { cause }), { code: '22P02' });
    const described = describeError(error);
    expect(described.message).toBe('invalid input syntax for type integer: "…"');
    expect(described.stack).toContain('describe-error.spec');
    expect(JSON.stringify(described)).not.toContain('Canary');
  });

  it('says what was thrown when it is no error', () => {
    expect(describeError('gone')).toEqual({ type: 'string', message: 'gone' });
  });
});
