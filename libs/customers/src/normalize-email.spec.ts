import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { checkUserId } from './check-user-id.js';
import { normalizeEmail } from './normalize-email.js';

describe('the normalised form of an email', () => {
  it.each([
    [' Ann@X.com ', 'ann@x.com'],
    ['ann@x.com', 'ann@x.com'],
    ['ZOE\u0308@X.com', 'zo\u00eb@x.com'],
    ['\u00c9mile@x.com', '\u00e9mile@x.com'],
    ['\u00a0ann@x.com\ufeff', 'ann@x.com'],
    ['ann+tag@x.com', 'ann+tag@x.com'],
    ['stra\u00dfe@x.com', 'stra\u00dfe@x.com'],
    ['', null],
    ['   ', null],
    [null, null],
    ['ann\u0000@x.com', null],
    ['ann\n@x.com', null],
    ['\ud800@x.com', null],
    ['..', null],
    [`${'x'.repeat(250)}@x.com`, null],
    [`${'x'.repeat(249)}@x.com`, `${'x'.repeat(249)}@x.com`],
  ])('of %j is %j', (email, expected) => {
    expect(normalizeEmail(email)).toBe(expected);
  });

  it('is its own normalised form, and a good id', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (email) => {
        const normalized = normalizeEmail(email);
        fc.pre(normalized !== null);
        expect(normalizeEmail(normalized)).toBe(normalized);
        expect(checkUserId(normalized ?? '')).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the rules for user ids', () => {
  it.each([
    ['u1', null],
    ['a/b%c @d', null],
    ['...', null],
    ['\u{1f600}'.repeat(255), null],
    ['x'.repeat(255), null],
    ['', 'EMPTY'],
    [' u1', 'SPACE_AT_EDGE'],
    ['u1\u2003', 'SPACE_AT_EDGE'],
    ['.', 'DOTS'],
    ['..', 'DOTS'],
    ['u\t1', 'CONTROL_CHARACTER'],
    ['u\u0085', 'CONTROL_CHARACTER'],
    ['\udc00', 'CONTROL_CHARACTER'],
    ['x'.repeat(256), 'TOO_LONG'],
  ])('say of %j: %s', (id, expected) => {
    expect(checkUserId(id)).toBe(expected);
  });
});
