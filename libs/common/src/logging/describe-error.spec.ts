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

  it('says what was thrown when it is no error', () => {
    expect(describeError('gone')).toEqual({ type: 'string', message: 'gone' });
  });
});
