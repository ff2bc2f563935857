import { describe, expect, it } from '@jest/globals';

import { describeIssue } from './describe-issue.js';
import { ISSUE_KINDS } from './issue-kinds.js';

describe('an issue in words', () => {
  it.each(ISSUE_KINDS)('%s says what is the matter and what to do, in sentences', (kind) => {
    const { text, cure } = describeIssue(kind, 'gold plan/2019');
    for (const sentence of [text, cure]) {
      expect(sentence).toMatch(/^[A-Z].{15,}\.$/);
    }
  });

  it('names its subject, unless that is the user whom it is shown beside', () => {
    const silent = ISSUE_KINDS.filter((kind) => !describeIssue(kind, 'gold plan/2019').text.includes('gold plan/2019'));
    expect(silent).toEqual(['SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'CLAIM_UNVERIFIED']);
  });

  it('says the same of no two kinds', () => {
    expect(new Set(ISSUE_KINDS.map((kind) => describeIssue(kind, 'x').text)).size).toBe(ISSUE_KINDS.length);
  });
});
