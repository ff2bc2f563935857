import { defineEntity, p } from '@mikro-orm/core';

import { ISSUE_KINDS, SUBJECT_TYPES } from './issue-kinds.js';

const issueSchema = defineEntity({
  name: 'SyncIssue',
  tableName: 'sync_issue',
  properties: {
    id: p.text().primary(),
    kind: p.enum(ISSUE_KINDS),
    connectionId: p.text(),
    subjectType: p.enum(SUBJECT_TYPES),
    subjectId: p.text(),
    status: p.enum(['OPEN', 'CLOSED'] as const),
    evidence: p.json<Record<string, unknown>>(),
    openedAt: p.datetime(6),
    closedAt: p.datetime(6).nullable(),
  },
  indexes: [{ properties: ['openedAt', 'id'] }],
  uniques: [
    { name: 'sync_issue_one_open', properties: ['connectionId', 'kind', 'subjectId'], where: `status = 'OPEN'` },
  ],
});

/** One thing that needs a human; at most one open per thing, closed by itself when cured (rule Y7). */
export class SyncIssue extends issueSchema.class {}
issueSchema.setClass(SyncIssue);
