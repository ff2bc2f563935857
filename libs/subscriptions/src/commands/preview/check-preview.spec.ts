import { describe, expect, it } from '@jest/globals';

import { checkPreview, type PreviewMark } from './check-preview.js';

const MARK: PreviewMark = { asked: 'a', ground: 'g', prorationDate: null, at: '2026-03-01T12:00:00.000Z' };

describe('checkPreview', () => {
  it.each([
    ['relies on a preview of a moment ago', {}, null],
    ['relies on one of ten minutes ago', { at: '2026-03-01T12:10:00.000Z' }, null],
    ['refuses one that is older', { at: '2026-03-01T12:10:00.001Z' }, 'preview_expired'],
    ['refuses one of something else', { asked: 'b' }, 'preview_differs'],
    ['refuses one of before the subscription changed', { ground: 'h' }, 'preview_outdated'],
    ['says first that it is of something else', { asked: 'b', ground: 'h', at: '2026-03-02T12:00:00.000Z' }, 'preview_differs'],
  ] as const)('%s', (_name, differing, refusal) => {
    expect(checkPreview(MARK, { asked: MARK.asked, ground: MARK.ground, at: MARK.at, ...differing })).toBe(refusal);
  });
});
