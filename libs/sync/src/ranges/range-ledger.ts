import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { type BulkTable, isoTime, sqlRows, sqlWrite, writeRows } from '@app/common';

import { type ClaimedRun, LeaseLostError } from '../import-ledger.js';
import type { CarryingKind, RangeResource, RowPackage, RowResult, RunScope } from '../import-run.entity.js';
import { WINDOW_SECONDS } from './resolve-progress.js';

const LEASE_SECONDS = 30;
/** The numbers below are of ranges that a run begins with. */
const FIRST_CHILD = 10;

/** A stretch of `created`, in whole seconds by Stripe's clock: `from <= created < before`; null = open on that side. */
export interface CreatedStretch {
  readonly from: number | null;
  readonly before: number | null;
}

/** A range in the hands of one worker, and where it goes on. `fence` grows with each taking. */
export interface RangeState extends CreatedStretch {
  readonly number: number;
  readonly resource: RangeResource;
  readonly cursor: string | null;
  readonly lastCreatedAt: string | null;
  /** Of a reconciliation: the objects met in that second. */
  readonly metLast: readonly string[];
  readonly done: boolean;
  /** Up to when its latest page may have been read, whole seconds by Stripe's clock. */
  readonly readTo?: number;
  readonly fence: number;
}

/** What names a range, and proves that one holds it. */
export type HeldRange = Pick<RangeState, 'number' | 'fence'>;

const COUNT_COLUMNS = [
  'created',
  'updated',
  'unchanged',
  'parked',
  'failed',
  'partly_parked',
  'matched_by_billing_id',
  'matched_by_metadata',
  'matched_by_email',
  'users_created',
  'conflicts',
] as const;

/** What a page adds to its range's counts, by column. */
export type PageCounts = Readonly<Record<(typeof COUNT_COLUMNS)[number], number>>;

export interface ImportRowFacts {
  readonly stripeSubscriptionId: string;
  readonly result: RowResult;
  readonly userKey: string | null;
  readonly matchedBy: string | null;
  readonly packages: readonly RowPackage[];
  readonly reasons: readonly string[];
  readonly parkedItems: number;
}

export const IMPORT_ROW_TABLE: BulkTable = {
  name: 'import_row',
  columns: {
    run_id: 'text',
    stripe_subscription_id: 'text',
    result: 'text',
    user_key: 'text',
    matched_by: 'text',
    packages: 'jsonb',
    reasons: 'jsonb',
    parked_items: 'int',
  },
  key: ['run_id', 'stripe_subscription_id'],
};

const THIS_WINDOW = `floor(extract(epoch from now()) / ${WINDOW_SECONDS})::int`;
const MAKE_RANGES = `
  insert into import_range (run_id, number, resource, created_from, created_before, met_last, done, fence, pages, created, updated, unchanged, parked,
                            failed, partly_parked, matched_by_billing_id, matched_by_metadata, matched_by_email, users_created, conflicts)
  select $1, r.number, $2, r.created_from, r.created_before, '[]', false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0`;
/** What a range counted last, for the rate; the columns on the right are as they were. $3 is of `RangeLedger.hold`, $4 what is added. */
const COUNT_WINDOW = `
  window_before = case window_at when ${THIS_WINDOW} then window_before when ${THIS_WINDOW} - 1 then window_seen else 0 end,
  window_seen = case window_at when ${THIS_WINDOW} then window_seen else 0 end + $4, window_at = ${THIS_WINDOW}`;
const IS_FREE = `not r.done and (r.lease_until is null or r.lease_until < now())`;
const RUNS = `exists (select from import_run u where u.id = $1 and u.status = 'RUNNING')`;

/** How a run's ranges of one list stand. */
export interface RangesLeft {
  /** Not read to their end, whoever has them. */
  readonly open: number;
  /** Of those, the ones that nobody has. */
  readonly free: number;
  /** The share of Stripe's limits that the run keeps itself to; null = the connection's. */
  readonly sharePercent: number | null;
}

/** Work on a run that somebody else leads. */
export interface RangesToHelp {
  readonly run: ClaimedRun;
  readonly resource: RangeResource;
}

/**
 * The parts of a run that any number of workers go through side by side: who has which, how far it has come, and what it has
 * counted. A worker that died is found out by its lease; one that was merely slow, by the fence, and what it was about to write
 * is thrown away. Leases count in the database's time.
 */
@Injectable()
export class RangeLedger {
  constructor(private readonly em: EntityManager) {}

  /** Makes the range that others are split off from, unless it is there. */
  async begin(run: ClaimedRun, number: number, resource: RangeResource): Promise<void> {
    await sqlWrite(
      this.em.fork(),
      `${MAKE_RANGES} from (values ($3::int, $4::bigint, null::bigint)) as r(number, created_from, created_before) on conflict (run_id, number) do nothing`,
      [run.id, resource, number, resource === 'SUBSCRIPTIONS' ? (run.scope?.createdSince ?? null) : null],
    );
  }

  /**
   * Takes up to so many ranges that nobody has. Of subscriptions those first that were made first, the newest by and large; of
   * customers those that were made last: read from the other end, they are seldom the ones that a page of subscriptions is writing.
   */
  async claim(run: ClaimedRun, resource: RangeResource, owner: string, limit: number): Promise<RangeState[]> {
    const rows = await sqlRows<RangeRow>(
      this.em.fork(),
      `update import_range t set lease_owner = $3, lease_until = now() + make_interval(secs => ${LEASE_SECONDS}), fence = t.fence + 1
         from (select r.run_id, r.number from import_range r where r.run_id = $1 and r.resource = $2 and ${IS_FREE} and ${RUNS}
                order by case r.resource when 'CUSTOMERS' then -r.number else r.number end limit $4 for update skip locked) free
        where t.run_id = free.run_id and t.number = free.number
        returning t.number, t.created_from, t.created_before, t.cursor, t.last_created_at, t.met_last, t.done, t.fence`,
      [run.id, resource, owner, limit],
    );
    return rows.map((row) => toState(resource, row));
  }

  async left(run: ClaimedRun, resource: RangeResource): Promise<RangesLeft> {
    const [row] = await sqlRows<RangesLeft>(
      this.em.fork(),
      `select count(*) filter (where not r.done)::int as open, count(*) filter (where ${IS_FREE})::int as free,
              (select request_share_percent from import_run where id = $1) as "sharePercent"
         from import_range r where r.run_id = $1 and r.resource = $2`,
      [run.id, resource],
    );
    return row ?? { open: 0, free: 0, sharePercent: null };
  }

  /** Runs under way with ranges that nobody has, and which list these are of. */
  async toHelp(): Promise<RangesToHelp[]> {
    const rows = await sqlRows<RunToHelp>(
      this.em.fork(),
      `select distinct u.id, u.connection_id, u.kind, u.approved_at is not null as approved, u.fence, u.started_at, u.scope, r.resource
         from import_run u join import_range r on r.run_id = u.id
        where u.status = 'RUNNING' and u.kind <> 'DRY_RUN' and r.resource <> 'OBJECTS' and ${IS_FREE}`,
    );
    return rows.map(({ id, connection_id: connectionId, kind, approved, fence, started_at: startedAt, scope, resource }) => ({
      run: { id, connectionId, kind, approved, fence, startedAt: isoTime(startedAt), scope },
      resource,
    }));
  }

  /** Holds these for another while; those that somebody else has taken stay his. */
  async keep(run: ClaimedRun, ranges: readonly HeldRange[]): Promise<void> {
    await this.setLease(run, ranges, `now() + make_interval(secs => ${LEASE_SECONDS})`);
  }

  /** Gives these back, so that another worker need not wait for their leases to end. */
  async release(run: ClaimedRun, ranges: readonly HeldRange[]): Promise<void> {
    await this.setLease(run, ranges, 'null');
  }

  /**
   * Adds a page, or a part of one, to the run: its counts, and a row for everything but unchanged subscriptions.
   *
   * @throws LeaseLostError where somebody else has the range, or the run goes on no more
   */
  async recordPage(em: EntityManager, run: ClaimedRun, range: HeldRange, counts: PageCounts, rows: readonly ImportRowFacts[]): Promise<void> {
    const set = COUNT_COLUMNS.map((column, index) => `${column} = ${column} + $${index + 5}`).join(', ');
    const { created, updated, unchanged, parked, failed } = counts;
    await this.hold(em, run, range, `${COUNT_WINDOW}, ${set}`, [created + updated + unchanged + parked + failed, ...COUNT_COLUMNS.map((column) => counts[column])]);
    await writeRows(em, IMPORT_ROW_TABLE, rows.filter(({ result }) => result !== 'UNCHANGED').map((row) => toRow(run.id, row)), 'update');
  }

  /**
   * Moves the range on, in the transaction of the page's last part, and gives to others what was split off from it.
   *
   * @throws LeaseLostError
   */
  async advance(em: EntityManager, run: ClaimedRun, range: RangeState, splitOff: readonly CreatedStretch[] = []): Promise<void> {
    await this.hold(
      em,
      run,
      range,
      `cursor = $4, last_created_at = coalesce($5, last_created_at), done = $6, pages = pages + 1, read_to = greatest(read_to, $7), met_last = $8::jsonb,
       created_from = $9, lease_until = case when $6 then null else now() + make_interval(secs => ${LEASE_SECONDS}) end`,
      [range.cursor, range.lastCreatedAt, range.done, range.readTo ?? null, JSON.stringify(range.metLast), range.from],
    );
    if (splitOff.length > 0) {
      // One after the other, for their numbers' sake.
      await sqlWrite(em, `select pg_advisory_xact_lock(hashtextextended('import_range ' || $1, 0))`, [run.id]);
      await sqlWrite(
        em,
        `${MAKE_RANGES} from (
           select greatest((select max(number) from import_range where run_id = $1), ${FIRST_CHILD - 1}) + ordinality::int as number, s.created_from, s.created_before
             from rows from (jsonb_to_recordset($3::jsonb) as (created_from bigint, created_before bigint)) with ordinality as s) r`,
        [run.id, range.resource, JSON.stringify(splitOff.map(({ from, before }) => ({ created_from: from, created_before: before })))],
      );
    }
  }

  private async hold(em: EntityManager, run: ClaimedRun, { number, fence }: HeldRange, set: string, values: readonly unknown[]): Promise<void> {
    const held = await sqlWrite(em, `update import_range set ${set} where run_id = $1 and number = $2 and fence = $3 and ${RUNS}`, [run.id, number, fence, ...values]);
    if (held === 0) {
      throw new LeaseLostError(run.id);
    }
  }

  private async setLease(run: ClaimedRun, ranges: readonly HeldRange[], until: string): Promise<void> {
    if (ranges.length > 0) {
      await sqlWrite(
        this.em.fork(),
        `update import_range r set lease_until = ${until} from unnest($2::int[], $3::int[]) as held(number, fence)
          where r.run_id = $1 and r.number = held.number and r.fence = held.fence and not r.done`,
        [run.id, ranges.map(({ number }) => number), ranges.map(({ fence }) => fence)],
      );
    }
  }
}

interface RunToHelp {
  id: string;
  connection_id: string;
  kind: CarryingKind;
  approved: boolean;
  fence: number;
  started_at: string;
  scope: RunScope | null;
  resource: RangeResource;
}

interface RangeRow {
  number: number;
  created_from: string | null;
  created_before: string | null;
  cursor: string | null;
  last_created_at: string | null;
  met_last: string[];
  done: boolean;
  fence: number;
}

function toState(resource: RangeResource, row: RangeRow): RangeState {
  const { number, cursor, done, fence, met_last: metLast } = row;
  return { number, resource, from: toSecond(row.created_from), before: toSecond(row.created_before), cursor, lastCreatedAt: isoTime(row.last_created_at), metLast, done, fence };
}

function toSecond(value: string | null): number | null {
  return value === null ? null : Number(value);
}

function toRow(runId: string, row: ImportRowFacts): object {
  return {
    run_id: runId,
    stripe_subscription_id: row.stripeSubscriptionId,
    result: row.result,
    user_key: row.userKey,
    matched_by: row.matchedBy,
    packages: row.packages,
    reasons: row.reasons,
    parked_items: row.parkedItems,
  };
}
