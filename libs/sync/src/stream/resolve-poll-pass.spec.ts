import { describe, expect, it } from '@jest/globals';

import { type EventMark, OVERLAP_SECONDS, type PolledPage, type PollGround, resolvePollPass, resolvePollPosition } from './resolve-poll-pass.js';

const DAY = 86_400;
const NOW = 100 * DAY;
const mark = (created: number, id = `evt_${created}`): EventMark => ({ id, created });
const ground = (difference: Partial<PollGround> = {}): PollGround => ({ from: NOW - 10, anchor: mark(NOW - 200), pass: null, ...difference });
const page = (marks: readonly EventMark[], difference: Partial<PolledPage> = {}): PolledPage => ({
  marks, hasMore: false, span: { lo: NOW, hi: NOW + 1 }, delivered: new Set(), undelivered: new Set(), ...difference,
});

describe('where a poll reads', () => {
  it('begins an overlap before the last poll, or at the anchor where that is older', () => {
    expect(resolvePollPosition(ground({ anchor: null }))).toEqual({ since: NOW - 10 - OVERLAP_SECONDS, after: null });
    expect(resolvePollPosition(ground())).toEqual({ since: NOW - 200, after: null });
  });

  it('asks for the newest page alone where nothing was read yet', () => {
    expect(resolvePollPosition(ground({ from: null, anchor: null }))).toEqual({ since: null, after: null });
  });

  it('goes on where the pass under way stands', () => {
    const { pass } = resolvePollPass(ground(), page([mark(NOW - 5)], { hasMore: true }));
    expect(resolvePollPosition(ground({ pass }))).toEqual({ since: NOW - 200, after: mark(NOW - 5) });
  });
});

describe('a poll', () => {
  it('ends where Stripe’s list ends, or where a page reaches beyond the floor', () => {
    expect(resolvePollPass(ground(), page([mark(NOW - 1), mark(NOW - 70)], { hasMore: true })).isComplete).toBe(false);
    expect(resolvePollPass(ground(), page([mark(NOW - 1), mark(NOW - 71)], { hasMore: true })).isComplete).toBe(true);
    expect(resolvePollPass(ground(), page([mark(NOW - 1), mark(NOW - 200)])).isComplete).toBe(true);
  });

  it('counts from before its first page, however long it takes', () => {
    const { pass } = resolvePollPass(ground(), page([mark(NOW - 5)], { hasMore: true }));
    const later = resolvePollPass(ground({ pass }), page([mark(NOW - 200)], { span: { lo: NOW + 900, hi: NOW + 900 } }));
    expect(later).toMatchObject({ isComplete: true, pass: { began: NOW, floor: NOW - 70, gapSince: null } });
  });

  it('begins now where nothing was imported, and at the import where one was', () => {
    expect(resolvePollPass(ground({ from: null, anchor: null }), page([])).pass).toMatchObject({ floor: NOW - OVERLAP_SECONDS, gapSince: null });
    expect(resolvePollPass(ground({ from: NOW - DAY, anchor: null }), page([])).pass).toMatchObject({ floor: NOW - DAY - OVERLAP_SECONDS, gapSince: null });
  });

  it('never begins in the future, when the import’s clock was ahead', () => {
    expect(resolvePollPass(ground({ from: NOW + 600, anchor: null }), page([])).pass.floor).toBe(NOW - OVERLAP_SECONDS);
  });

  it('takes for the next anchor the newest event that the next poll must meet', () => {
    const marks = [mark(NOW - 1), mark(NOW - 59), mark(NOW - 60), mark(NOW - 200)];
    expect(resolvePollPass(ground(), page(marks)).pass.anchor).toEqual(mark(NOW - 60));
    expect(resolvePollPass(ground(), page([mark(NOW - 1)])).pass.anchor).toBeNull();
  });
});

describe('a gap', () => {
  it.each<[string, Partial<PollGround>, readonly EventMark[], number | null]>([
    ['is none while the anchor is met', {}, [mark(NOW - 1), mark(NOW - 200)], null],
    ['is none where the list reaches beyond the floor', {}, [mark(NOW - 1), mark(NOW - 199, 'evt_other')], null],
    ['is where the list ends before an anchor that it should hold', {}, [mark(NOW - 1)], NOW - 10],
    ['is where the list is empty and held something before', {}, [], NOW - 10],
    ['is none in an account where nothing ever happened', { anchor: null }, [], null],
    ['is none where the anchor is too old to be listed, and the last poll is not', { anchor: mark(NOW - 30 * DAY) }, [], null],
    ['is where the last poll was 30 days ago', { from: NOW - 30 * DAY, anchor: mark(NOW - 31 * DAY) }, [mark(NOW - 1)], NOW - 30 * DAY],
    ['is where the only import was 31 days ago and no poll ever ran', { from: NOW - 31 * DAY, anchor: null }, [], NOW - 31 * DAY],
    ['is none after 29 days', { from: NOW - 29 * DAY, anchor: mark(NOW - 29 * DAY - 90) }, [mark(NOW - 29 * DAY - 90)], null],
  ])('%s', (_what, difference, marks, gapSince) => {
    expect(resolvePollPass(ground(difference), page(marks))).toMatchObject({ isComplete: true, pass: { gapSince } });
  });

  it('of more than 30 days is not read through: an import reads everything', () => {
    const away = ground({ from: NOW - 31 * DAY, anchor: mark(NOW - 32 * DAY) });
    const first = resolvePollPass(away, page([mark(NOW - 1), mark(NOW - DAY)], { hasMore: true }));
    expect(first).toMatchObject({ isComplete: true, pass: { floor: NOW - OVERLAP_SECONDS, gapSince: NOW - 31 * DAY } });
  });

  it('also is where the poll itself was away for so long in the middle', () => {
    const { pass } = resolvePollPass(ground(), page([mark(NOW - 5)], { hasMore: true }));
    const much = NOW + 30 * DAY;
    expect(resolvePollPass(ground({ pass }), page([], { span: { lo: much, hi: much } })).pass.gapSince).toBe(NOW - 10);
  });
});

describe('whether webhooks work', () => {
  const [young, old, older] = [mark(NOW - 5), mark(NOW - 40), mark(NOW - 50)];
  const all = [young, old, older, mark(NOW - 200)];
  const ids = (...marks: EventMark[]): Set<string> => new Set(marks.map(({ id }) => id));

  it.each<[string, Set<string>, Set<string>, boolean | null]>([
    ['yes, where one has brought the newest event', ids(young), ids(old, older), true],
    ['no, where none has brought an event that is not quite new', ids(older), ids(young, old), false],
    ['yes, where the newest may only be late', ids(old), ids(young), true],
    ['unknown, where all that is missing may only be late', ids(), ids(young), null],
    ['unknown, where nothing of ours has happened', ids(), ids(), null],
  ])('%s', (_what, delivered, undelivered, verdict) => {
    expect(resolvePollPass(ground(), page(all, { delivered, undelivered })).pass.delivered).toBe(verdict);
  });

  it('is told by the newest page that tells anything', () => {
    const first = resolvePollPass(ground(), page([young], { hasMore: true, delivered: ids(young) }));
    const next = resolvePollPass(ground({ pass: first.pass }), page([old], { hasMore: true, undelivered: ids(old) }));
    expect(next.pass.delivered).toBe(true);
  });
});
