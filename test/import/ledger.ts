import pg from 'pg';

/** A look into a run's ledger from outside, and what a test does to it in the place of time and bad luck. */
export interface Ledger {
  /** Subscriptions that the run has accounted for. */
  seen(runId: string): Promise<number>;
  /** What must pass before another worker may take over: the dead one's lease. Its wake-ups are lost as well. */
  outliveLease(): Promise<void>;
  /** Lets each move of the cursor take a while, so that a kill can fall between a page and its bookmark. */
  slowBookmarks(): Promise<void>;
  close(): Promise<void>;
}

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
    close: () => client.end(),
  };
}
