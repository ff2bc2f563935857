import pg from 'pg';

/** A look into a run's ledger from outside, and what a test does to it in the place of time and bad luck. */
export interface Ledger {
  /** Subscriptions that the run has accounted for. */
  seen(runId: string): Promise<number>;
  /** What must pass before another worker may take over: the dead one's lease. Its wake-ups are lost as well. */
  outliveLease(): Promise<void>;
  /** Lets each move of the cursor take a while, so that a kill can fall between a page and its bookmark. */
  slowBookmarks(): Promise<void>;
  /** Takes everything out of the database but the catalog and the keys. */
  emptyDatabase(): Promise<void>;
  close(): Promise<void>;
}

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
    async outliveLease() {
      await client.query(`update import_run set lease_until = now() where status = 'RUNNING'`);
      await client.query('truncate bullmq.job, bullmq.dedup, bullmq.dedup_next cascade');
    },
    async slowBookmarks() {
      await client.query(`create function take_a_while() returns trigger language plpgsql as 'begin perform pg_sleep(0.5); return new; end'`);
      await client.query('create trigger slow_bookmark before update of cursor on import_range for each row execute function take_a_while()');
    },
    emptyDatabase: () => emptyDatabase(client),
    close: () => client.end(),
  };
}

async function emptyDatabase(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`);
  const tables = rows.filter(({ name }) => !KEPT.includes(name)).map(({ name }) => `"${name}"`);
  for (;;) {
    try {
      await client.query(`truncate ${tables.join(', ')}`);
      return;
    } catch (error) {
      // A worker that is just finishing takes its locks in another order.
      if (!(error instanceof pg.DatabaseError) || error.code !== DEADLOCK) {
        throw error;
      }
    }
  }
}
