import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';

import type { ImportRange, ImportRun, RunStatus } from '../import-run.entity.js';
import { type Progress, type ProgressGround, type RangeProgress, resolveProgress, resolveRate } from './resolve-progress.js';

const SECOND_MS = 1000;

/** How far a run is, and the share of Stripe's limits that it keeps itself to, per cent; null = it is over. */
export interface RunProgress extends Progress {
  readonly budgetShare: number | null;
}

/** What the progress of a run goes by, beside its own rows. */
export interface ProgressFacts {
  /** The share of Stripe's limits that its connection may take. */
  readonly connectionShare: number;
  /** What the last complete reading of the account saw. */
  readonly earlierTotal: number | null;
  /** By the database's clock, as the pages' windows are, seconds since 1970. */
  readonly now: number;
}

const STATES: Record<RunStatus, ProgressGround['state']> = { QUEUED: 'OPEN', RUNNING: 'OPEN', PAUSED: 'OPEN', COMPLETED: 'COMPLETE', FAILED: 'BROKEN', CANCELLED: 'BROKEN' };

/** Of these runs, those that are not over. */
export async function loadProgressFacts(em: EntityManager, runIds: readonly string[]): Promise<Map<string, ProgressFacts>> {
  const rows = await sqlRows<{ id: string; share: number; earlier: string | null; now: string }>(
    em,
    `select r.id, (c.settings ->> 'requestSharePercent')::int as share, extract(epoch from now()) as now,
            (select sum(g.created + g.updated + g.unchanged + g.parked + g.failed) from import_range g
              where g.run_id = (select e.id from import_run e where e.connection_id = r.connection_id and e.status = 'COMPLETED' and e.kind <> 'DRY_RUN' and e.scope is null order by e.requested_at desc limit 1)) as earlier
       from import_run r join stripe_connection c on c.id = r.connection_id
      where r.id = any($1) and r.status in ('QUEUED', 'RUNNING', 'PAUSED')`,
    [runIds],
  );
  return new Map(rows.map(({ id, share, earlier, now }) => [id, { connectionShare: share, earlierTotal: earlier === null ? null : Number(earlier), now: Number(now) }]));
}

export function tellProgress(run: ImportRun, ranges: readonly ImportRange[], facts: ProgressFacts | undefined): RunProgress {
  const earlierTotal = run.scope ? null : (facts?.earlierTotal ?? null);
  const began = run.stripeBegan ?? null;
  const ground = { state: STATES[run.status], began, ranges: rangesOf(run, ranges, earlierTotal), earlierTotal, perSecond: rateOf(run, ranges, facts) };
  const budgetShare = facts === undefined ? null : Math.min(run.requestSharePercent ?? facts.connectionShare, facts.connectionShare);
  return { ...resolveProgress(ground), budgetShare };
}

/** Those of a dry run are told as done, all of them: they only say how much was seen. */
function rangesOf({ kind }: ImportRun, ranges: readonly ImportRange[], earlierTotal: number | null): RangeProgress[] {
  const lists = ranges.filter(({ resource }) => resource === 'SUBSCRIPTIONS').map(toRange);
  if (kind !== 'DRY_RUN') {
    return lists;
  }
  return earlierTotal === null ? [] : lists.map((range) => ({ ...range, done: false }));
}

/** While it runs, of its last pages; when it is over, of all the time that it was not paused. */
function rateOf(run: ImportRun, ranges: readonly ImportRange[], facts: ProgressFacts | undefined): number | null {
  const { startedAt, finishedAt, resumedAt, pausedAt, pausedSeconds } = run;
  if (!startedAt) {
    return null;
  }
  if (finishedAt) {
    const seconds = ((pausedAt ?? finishedAt).getTime() - startedAt.getTime()) / SECOND_MS - pausedSeconds;
    const seen = ranges.reduce((sum, range) => sum + seenOf(range), 0);
    return seconds > 0 ? Math.round((seen / seconds) * 10) / 10 : null;
  }
  const windows = ranges.map(({ windowAt, windowSeen, windowBefore }) => ({ window: windowAt ?? null, seen: windowSeen, before: windowBefore }));
  return facts === undefined || run.status !== 'RUNNING' ? null : resolveRate(windows, facts.now, (resumedAt ?? startedAt).getTime() / SECOND_MS);
}

function toRange(range: ImportRange): RangeProgress {
  const reached = range.lastCreatedAt ? range.lastCreatedAt.getTime() / SECOND_MS : null;
  return { from: range.createdFrom ?? null, before: range.createdBefore ?? null, reached, done: range.done, seen: seenOf(range) };
}

function seenOf({ created, updated, unchanged, parked, failed }: ImportRange): number {
  return created + updated + unchanged + parked + failed;
}
