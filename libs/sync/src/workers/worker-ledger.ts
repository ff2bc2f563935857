import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { askDatabaseClock, Clock, sqlRows, sqlWrite } from '@app/common';

/** A worker that has said nothing for so long has missed three of its signs of life: it does not run. */
export const WORKER_AWAY_SECONDS = 45;
/** So long those are kept that have died without a word: they say since when there is no worker. */
const KEPT = '1 day';

/** Which worker it is. */
export interface WorkerIdentity {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

export interface WorkerFacts extends WorkerIdentity {
  /** Since its last sign of life, by the database's clock. */
  readonly silentSeconds: number;
  readonly clockAheadMs: number;
}

interface Row {
  id: string;
  name: string;
  version: string;
  silent: number;
  clock_ahead_ms: string;
}

/** Which workers run. */
@Injectable()
export class WorkerLedger {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** A sign of life. */
  async beat({ id, name, version }: WorkerIdentity): Promise<void> {
    const em = this.em.fork();
    const { aheadMs } = await askDatabaseClock(em, this.clock);
    await sqlWrite(
      em,
      `insert into worker_process (id, name, version, started_at, seen_at, clock_ahead_ms) values ($1, $2, $3, now(), now(), $4)
       on conflict (id) do update set seen_at = now(), clock_ahead_ms = excluded.clock_ahead_ms`,
      [id, name, version, aheadMs],
    );
  }

  async leave(id: string): Promise<void> {
    await sqlWrite(this.em.fork(), `delete from worker_process where id = $1`, [id]);
  }

  /** Those that run, and those that have died lately; whoever was seen last comes first. */
  async list(): Promise<WorkerFacts[]> {
    const rows = await sqlRows<Row>(
      this.em.fork(),
      `select id, name, version, extract(epoch from now() - seen_at)::float8 as silent, clock_ahead_ms from worker_process order by seen_at desc, id`,
    );
    return rows.map(({ silent, clock_ahead_ms: clockAheadMs, ...identity }) => ({ ...identity, silentSeconds: Math.max(0, silent), clockAheadMs: Number(clockAheadMs) }));
  }

  async forget(): Promise<void> {
    await sqlWrite(this.em.fork(), `delete from worker_process where seen_at < now() - interval '${KEPT}'`);
  }
}
