import { defineEntity, p } from '@mikro-orm/core';

import { ISSUE_KINDS, ISSUE_STATUSES, SUBJECT_TYPES } from './issue-kinds.js';

const issueSchema = defineEntity({
  name: 'SyncIssue',
  tableName: 'sync_issue',
  properties: {
    id: p.text().primary(),
    kind: p.enum(ISSUE_KINDS),
    connectionId: p.text(),
    subjectType: p.enum(SUBJECT_TYPES),
    subjectId: p.text(),
    status: p.enum(ISSUE_STATUSES),
    /** What brought it about; with other evidence it is another cause. */
    evidence: p.json<Record<string, unknown>>(),
    openedAt: p.datetime(6),
    closedAt: p.datetime(6).nullable(),
    /** Who said that nothing is to be done about it, when, why, and until when; stays when it closes. */
    ignoredBy: p.text().nullable(),
    ignoredAt: p.datetime(6).nullable(),
    ignoredReason: p.text().nullable(),
    ignoredUntil: p.datetime(6).nullable(),
  },
  indexes: [
    { properties: ['openedAt', 'id'] },
    { name: 'sync_issue_standing_newest', properties: ['openedAt', 'id'], where: `status <> 'CLOSED'` },
    { name: 'sync_issue_standing', properties: ['kind', 'subjectId'], where: `status <> 'CLOSED'` },
    { name: 'sync_issue_ignored_until', properties: 'ignoredUntil', where: `status = 'IGNORED' and ignored_until is not null` },
  ],
  uniques: [
    { name: 'sync_issue_one_open', properties: ['connectionId', 'kind', 'subjectId'], where: `status <> 'CLOSED'` },
  ],
});

/** One thing that needs a human; at most one open or ignored per thing, closed by itself when cured (rule Y7). */
export class SyncIssue extends issueSchema.class {}
issueSchema.setClass(SyncIssue);
