import { describeIssue, ISSUE_KINDS, SUBJECT_TYPES, type SyncIssue } from '@app/sync';
import { z } from 'zod';

import { isoTime, pageOf, pageQuery } from '../http/schemas.js';

export const issueSchema = z
  .object({
    id: z.string(),
    kind: z.enum(ISSUE_KINDS),
    status: z.enum(['OPEN', 'CLOSED']),
    connectionId: z.string(),
    subject: z.object({ type: z.enum(SUBJECT_TYPES), id: z.string() }).meta({ description: 'What it is about. A user is named by its current id.' }),
    text: z.string().meta({ description: 'What is the matter.' }),
    cure: z.string().meta({ description: 'What to do. The issue closes by itself once it is cured.' }),
    evidence: z.record(z.string(), z.unknown()),
    openedAt: isoTime,
    closedAt: isoTime.nullable(),
  })
  .meta({ id: 'SyncIssue' });
export type IssueDto = z.output<typeof issueSchema>;
export const issuePage = pageOf('SyncIssuePage', issueSchema);

export const issueQuery = z.strictObject({ ...pageQuery, status: z.enum(['OPEN', 'CLOSED']).optional(), kind: z.enum(ISSUE_KINDS).optional() });
export type IssueQuery = z.output<typeof issueQuery>;
export const issueKey = z.tuple([isoTime, z.string()]);

/** The internal keys of users that an issue names: in the subject, and in the evidence. */
export function userKeysOf(issue: SyncIssue): string[] {
  const { userKey } = issue.evidence;
  return [...(issue.subjectType === 'USER' ? [issue.subjectId] : []), ...(typeof userKey === 'string' ? [userKey] : [])];
}

export function toIssue(issue: SyncIssue, userIds: ReadonlyMap<string, string>): IssueDto {
  const subjectId = issue.subjectType === 'USER' ? (userIds.get(issue.subjectId) ?? issue.subjectId) : issue.subjectId;
  return {
    id: issue.id,
    kind: issue.kind,
    status: issue.status,
    connectionId: issue.connectionId,
    subject: { type: issue.subjectType, id: subjectId },
    ...describeIssue(issue.kind, subjectId),
    evidence: shownEvidence(issue.evidence, userIds),
    openedAt: issue.openedAt.toISOString(),
    closedAt: issue.closedAt?.toISOString() ?? null,
  };
}

/** Internal keys stay inside. */
function shownEvidence({ userKey, ...evidence }: SyncIssue['evidence'], userIds: ReadonlyMap<string, string>): SyncIssue['evidence'] {
  return typeof userKey === 'string' ? { ...evidence, userId: userIds.get(userKey) ?? null } : evidence;
}

export const issueExample: IssueDto = {
  id: 'iss_06f3k2',
  kind: 'PRICE_UNMAPPED',
  status: 'OPEN',
  connectionId: 'conn_06f3k2',
  subject: { type: 'PRICE', id: 'price_1Q2w3E' },
  ...describeIssue('PRICE_UNMAPPED', 'price_1Q2w3E'),
  evidence: { productId: 'prod_1Q2w3E' },
  openedAt: '2026-03-01T12:00:00.000Z',
  closedAt: null,
};
