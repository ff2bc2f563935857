import type { IssueConcern } from '@app/subscriptions';
import { describeIssue, ISSUE_KINDS, ISSUE_STATUSES, SUBJECT_TYPES, type SyncIssue } from '@app/sync';
import { z } from 'zod';

import { callerId, displayName, isoTime, pageOf, pageQuery } from '../http/schemas.js';
import { FIXES } from './fixes/fix-table.js';

export const issueSchema = z
  .object({
    id: z.string(),
    kind: z.enum(ISSUE_KINDS),
    status: z.enum(ISSUE_STATUSES).meta({ description: 'IGNORED: its cause is there, and somebody said that nothing is to be done about it. CLOSED: its cause is gone.' }),
    connectionId: z.string(),
    subject: z
      .object({ type: z.enum(SUBJECT_TYPES), id: z.string(), name: z.string().nullable().meta({ description: 'As a person knows it: product and nickname, email, package.' }) })
      .meta({ description: 'What it is about. A user is named by its current id.' }),
    text: z.string().meta({ description: 'What is the matter.' }),
    cure: z.string().meta({ description: 'What to do. The issue closes by itself once it is cured.' }),
    fixes: z
      .array(
        z.object({
          fix: z.string(),
          title: z.string(),
          method: z.literal('POST'),
          href: z.string(),
          body: z.record(z.string(), z.unknown()).optional().meta({ description: 'What to send, as far as it is known; left out where the call takes nothing.' }),
          missing: z.array(z.string()).meta({ description: 'JSON pointers of what is to be added to the body.' }),
        }),
      )
      .meta({ description: 'The calls that cure it; empty where only Stripe can, and once it is closed.' }),
    impact: z
      .object({
        subscriptions: z.int().meta({ description: 'Live Stripe subscriptions.' }),
        users: z.int().meta({ description: 'Users behind them, as far as they are known.' }),
        monthly: z.array(z.object({ amount: z.int(), currency: z.string() })).optional().meta({ description: 'Of a price: the monthly money behind what waits on it, before discounts; minor units, rounded.' }),
        unknownItems: z.int().optional().meta({ description: 'Of a price: items whose money is not known (metered ones): in no sum.' }),
      })
      .meta({ description: 'What it touches, counted now.' }),
    evidence: z.record(z.string(), z.unknown()),
    openedAt: isoTime,
    closedAt: isoTime.nullable(),
    ignored: z
      .object({ by: z.string(), at: isoTime, reason: z.string(), until: isoTime.nullable() })
      .nullable()
      .meta({ description: 'Who (the API key’s id) said that nothing is to be done, when, why and until when; null = nobody.' }),
  })
  .meta({ id: 'SyncIssue' });
export type IssueDto = z.output<typeof issueSchema>;
export const issuePage = pageOf('SyncIssuePage', issueSchema);

export const issueQuery = z.strictObject({ ...pageQuery, status: z.enum(ISSUE_STATUSES).optional(), kind: z.enum(ISSUE_KINDS).optional(), connectionId: callerId.optional() });
export type IssueQuery = z.output<typeof issueQuery>;
export const issueKey = z.tuple([isoTime, z.string()]);

export const issueIgnore = z
  .strictObject({ reason: displayName, until: isoTime.optional().meta({ description: 'Then it is open again; left out = for good.' }) })
  .meta({ id: 'IgnoreSyncIssueInput' });
export type IssueIgnore = z.output<typeof issueIgnore>;

export const fixInput = z
  .record(z.string(), z.unknown())
  .default({})
  .meta({ id: 'FixSyncIssueInput', description: 'What the fix asks for, as `fixes` of the issue shows it: `map` a packageId, `ignore-price` a reason, `generate-addon` what makes an add-on from a price, `link-user` a userId.' });
export type FixInput = z.output<typeof fixInput>;

/** The internal keys of users that an issue names: in the subject, and in the evidence. */
export function userKeysOf(issue: SyncIssue): string[] {
  const { userKey } = issue.evidence;
  return [...(issue.subjectType === 'USER' ? [issue.subjectId] : []), ...(typeof userKey === 'string' ? [userKey] : [])];
}

export function toIssue(issue: SyncIssue, concern: IssueConcern | undefined, userIds: ReadonlyMap<string, string>): IssueDto {
  const subjectId = issue.subjectType === 'USER' ? (userIds.get(issue.subjectId) ?? issue.subjectId) : issue.subjectId;
  return {
    id: issue.id,
    kind: issue.kind,
    status: issue.status,
    connectionId: issue.connectionId,
    subject: { type: issue.subjectType, id: subjectId, name: concern?.name ?? null },
    ...describeIssue(issue.kind, subjectId),
    fixes: fixesOf(issue),
    impact: impactOf(concern),
    evidence: shownEvidence(issue.evidence, userIds),
    openedAt: issue.openedAt.toISOString(),
    closedAt: issue.closedAt?.toISOString() ?? null,
    ignored: ignoredOf(issue),
  };
}

function fixesOf(issue: SyncIssue): IssueDto['fixes'] {
  const known = issue.status === 'CLOSED' ? [] : Object.entries(FIXES[issue.kind]);
  return known.flatMap(([fix, definition]) =>
    definition.offers(issue).map((offer) => ({ fix, method: 'POST' as const, href: `/v1/sync/issues/${issue.id}/fixes/${fix}`, ...offer, missing: [...offer.missing] })),
  );
}

function impactOf(concern: IssueConcern | undefined): IssueDto['impact'] {
  const { subscriptions = 0, users = 0, money = null } = concern ?? {};
  return { subscriptions, users, ...money };
}

function ignoredOf({ ignoredBy, ignoredAt, ignoredReason, ignoredUntil }: SyncIssue): IssueDto['ignored'] {
  const isIgnored = typeof ignoredBy === 'string' && typeof ignoredReason === 'string' && ignoredAt instanceof Date;
  return isIgnored ? { by: ignoredBy, at: ignoredAt.toISOString(), reason: ignoredReason, until: ignoredUntil?.toISOString() ?? null } : null;
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
  subject: { type: 'PRICE', id: 'price_1Q2w3E', name: 'Team · monthly' },
  ...describeIssue('PRICE_UNMAPPED', 'price_1Q2w3E'),
  fixes: [
    { fix: 'map', title: 'Map the price to a package', method: 'POST', href: '/v1/sync/issues/iss_06f3k2/fixes/map', body: {}, missing: ['/packageId'] },
    { fix: 'ignore-price', title: 'Ignore the price: it is no package on purpose', method: 'POST', href: '/v1/sync/issues/iss_06f3k2/fixes/ignore-price', body: {}, missing: ['/reason'] },
    { fix: 'generate-addon', title: 'Make an add-on package from the price', method: 'POST', href: '/v1/sync/issues/iss_06f3k2/fixes/generate-addon', body: {}, missing: ['/packageId', '/feature'] },
  ],
  impact: { subscriptions: 12, users: 12, monthly: [{ amount: 34_800, currency: 'usd' }], unknownItems: 0 },
  evidence: { productId: 'prod_1Q2w3E' },
  openedAt: '2026-03-01T12:00:00.000Z',
  closedAt: null,
  ignored: null,
};
