import pg from 'pg';

import { eventually } from './kana.js';

/** A look into a run's ledger from outside, and what a test does to it in the place of time and bad luck. */
export interface Ledger {
  /** Subscriptions that the run has accounted for. */
  seen(runId: string): Promise<number>;
  /** All that a run's pages have written into the ledger. */
  written(runId: string): Promise<unknown>;
  /** Leases that somebody holds of the run or of its ranges. */
  leases(runId: string): Promise<number>;
  /** What must pass before another worker may take over: the dead one's lease. Its wake-ups are lost as well. */
  outliveLease(): Promise<void>;
  /** Stops whoever comes to this place of a page's transaction next, so that a kill can fall there. */
  stopAt(place: Place): Promise<Stop>;
  /** Takes everything out of the database but the catalog and the keys. */
  emptyDatabase(): Promise<void>;
  close(): Promise<void>;
}

/** Where a page is being written, and between the page and its bookmark. */
export type Place = 'PAGE' | 'BOOKMARK';

export interface Stop {
  /** Somebody stands there. */
  reached(): Promise<void>;
  /** Nobody is stopped any more. */
  lift(): Promise<void>;
}

const PLACES: Readonly<Record<Place, { readonly event: string; readonly lock: number }>> = {
  PAGE: { event: 'insert on import_row', lock: 1 },
  BOOKMARK: { event: 'update of cursor on import_range', lock: 2 },
};
const STOP = `
  create or replace function stop_here() returns trigger language plpgsql
  as 'begin perform pg_advisory_xact_lock_shared(tg_argv[0]::bigint); return null; end'`;
const WAITING = `
  select 1 from pg_locks join pg_database d on d.oid = database
   where d.datname = current_database() and locktype = 'advisory' and classid = 0 and objid = $1 and not granted`;

const KEPT = ['feature', 'package', 'package_feature', 'api_key', 'schema_migration'];
const DEADLOCK = '40P01';

export async function openLedger(databaseUrl: string): Promise<Ledger> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  return {
    async seen(runId) {
      const { rows } = await client.query<{ seen: string }>(
        `select coalesce(sum(created + updated + unchanged + parked + failed), 0) as seen from import_range where run_id = $1`,
        [runId],
      );
      return Number(rows[0]?.seen);
    },
    async written(runId) {
      const { rows } = await client.query<Record<string, unknown>>(
        `select (select json_agg(r order by r.number) from import_range r where r.run_id = $1) as ranges, (select count(*) from import_row) as rows,
                (select count(*) from package_subscription) as subscriptions, (select count(*) from kana_user) as users`,
        [runId],
      );
      return rows[0];
    },
    async leases(runId) {
      const { rows } = await client.query<{ held: string }>(
        `select (select count(*) from import_run where id = $1 and lease_until is not null) + (select count(*) from import_range where run_id = $1 and lease_until is not null) as held`,
        [runId],
      );
      return Number(rows[0]?.held);
    },
    async outliveLease() {
      await client.query(`update import_run set lease_until = now() where status = 'RUNNING'`);
      await client.query(`update import_range set lease_until = now() where not done`);
      await unlessDeadlocked(client, 'truncate bullmq.job, bullmq.dedup, bullmq.dedup_next cascade');
    },
    stopAt: (place) => stopAt(client, PLACES[place]),
    emptyDatabase: () => emptyDatabase(client),
    close: () => client.end(),
  };
}

async function stopAt(client: pg.Client, { event, lock }: (typeof PLACES)[Place]): Promise<Stop> {
  await client.query(STOP);
  await client.query(`create or replace trigger stop_${lock} before ${event} for each statement execute function stop_here(${lock})`);
  await client.query('select pg_advisory_lock($1)', [lock]);
  return {
    reached: () => eventually(`a worker at ${event}`, async () => ((await client.query(WAITING, [lock])).rowCount === 0 ? undefined : true)).then(() => undefined),
    lift: async () => {
      await client.query('select pg_advisory_unlock($1)', [lock]);
    },
  };
}

/** Row by row: for a few hundred rows a truncation takes ten times as long. Triggers, and with them all references, are off. */
async function emptyDatabase(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`);
  const deletions = rows.filter(({ name }) => !KEPT.includes(name)).map(({ name }) => `delete from "${name}"`);
  await unlessDeadlocked(client, ['begin', 'set local session_replication_role = replica', ...deletions, 'commit'].join('; '));
}

/** A worker that is just finishing, or beginning, takes its locks in another order. */
async function unlessDeadlocked(client: pg.Client, statement: string): Promise<void> {
  for (;;) {
    try {
      await client.query(statement);
      return;
    } catch (error) {
      await client.query('rollback');
      if (!(error instanceof pg.DatabaseError) || error.code !== DEADLOCK) {
        throw error;
      }
    }
  }
}
