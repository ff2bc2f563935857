import { describe, expect, it } from '@jest/globals';

import { isoTime } from './sql.js';

describe('PostgreSQL’s text of a time', () => {
  it.each([
    ['2026-11-28 10:00:00+00', '2026-11-28T10:00:00.000Z'],
    ['2026-11-28 10:00:00.1+00', '2026-11-28T10:00:00.100Z'],
    ['2026-11-28 10:00:00.125+00', '2026-11-28T10:00:00.125Z'],
    ['2026-11-28 10:00:00.125999+00', '2026-11-28T10:00:00.125Z'],
    ['0099-01-01 00:00:00+00', '0099-01-01T00:00:00.000Z'],
    ['9999-12-31 23:59:59.999999+00', '9999-12-31T23:59:59.999Z'],
    ['2026-11-28 10:00:00+05:30', '2026-11-28T04:30:00.000Z'],
    ['2026-11-28 10:00:00-08', '2026-11-28T18:00:00.000Z'],
  ])('%s is %s, as Date reads it', (text, iso) => {
    expect(isoTime(text)).toBe(iso);
    expect(isoTime(text)).toBe(new Date(text.replace(/([+-]\d\d)$/, '$1:00').replace(' ', 'T')).toISOString());
  });

  it('is none where there is none', () => {
    expect(isoTime(null)).toBeNull();
  });
});
