import { describe, expect, it } from '@jest/globals';

import { LONGEST_WAIT_SECONDS, resolveExpiry } from './resolve-expiry.js';

describe('a command that was never sent', () => {
  it.each([
    ['is sent a moment later', 0, null],
    ['is sent almost a day later', LONGEST_WAIT_SECONDS - 1, null],
    ['comes too late after a day', LONGEST_WAIT_SECONDS, { code: 'COMMAND_EXPIRED', status: null }],
  ])('%s', (_name, askedSecondsAgo, expected) => {
    expect(resolveExpiry(askedSecondsAgo)).toEqual(expected === null ? null : expect.objectContaining(expected));
  });
});
