import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { resolveParts } from './resolve-parts.js';

const at = (text: string | null): Date | null => (text === null ? null : new Date(text));
const NOTHING = '1970-01-01T00:00:00.000Z–1970-01-01T00:00:00.000Z';

describe('resolveParts', () => {
  it.each<[string, string | null, string | null, string, string, string]>([
    // [name, start, end, days, head, tail]
    ['days and both edges', '2026-01-31T10:00:00Z', '2026-02-28T10:00:00Z', '2026-02-01–2026-02-28', '2026-01-31T10:00:00.000Z–2026-02-01T00:00:00.000Z', '2026-02-28T00:00:00.000Z–2026-02-28T10:00:00.000Z'],
    ['whole days alone', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z', '2026-02-01–2026-03-01', '2026-02-01T00:00:00.000Z–2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z–2026-03-01T00:00:00.000Z'],
    ['two edges alone', '2026-01-31T10:00:00Z', '2026-02-01T10:00:00Z', '2026-02-01–2026-02-01', '2026-01-31T10:00:00.000Z–2026-02-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z–2026-02-01T10:00:00.000Z'],
    ['part of one day', '2026-01-31T10:00:00Z', '2026-01-31T11:00:00Z', '2026-01-31–2026-01-31', '2026-01-31T10:00:00.000Z–2026-01-31T11:00:00.000Z', NOTHING],
    ['no end', '2026-01-31T10:00:00Z', null, '2026-02-01–infinity', '2026-01-31T10:00:00.000Z–2026-02-01T00:00:00.000Z', NOTHING],
    ['no beginning', null, '2026-01-31T10:00:00Z', '-infinity–2026-01-31', NOTHING, '2026-01-31T00:00:00.000Z–2026-01-31T10:00:00.000Z'],
    ['all time', null, null, '-infinity–infinity', NOTHING, NOTHING],
  ])('%s', (_name, start, end, days, head, tail) => {
    const parts = resolveParts({ start: at(start), end: at(end) });
    expect([parts.days, parts.head, parts.tail].map(({ from, to }) => `${from}–${to}`)).toEqual([days, head, tail]);
  });

  it('holds each moment of the period exactly once, and no other', () => {
    const hours = fc.integer({ min: 0, max: 24 * 60 }).map((hour) => new Date(Date.UTC(2026, 0, 1, hour)));
    fc.assert(
      fc.property(hours, hours, hours, (one, other, moment) => {
        const [start, end] = one < other ? [one, other] : [other, one];
        const { days, head, tail } = resolveParts({ start, end });
        const text = moment.toISOString();
        const held = [days.from <= text.slice(0, 10) && text.slice(0, 10) < days.to, head.from <= text && text < head.to, tail.from <= text && text < tail.to];
        expect(held.filter(Boolean).length).toBe(start <= moment && moment < end ? 1 : 0);
      }),
      { verbose: 1, numRuns: 3000 },
    );
  });
});
