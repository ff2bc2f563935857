import { askDatabaseClock, Clock, KanaError } from '@app/common';
import { Readiness } from '@app/database';
import { WORKER_AWAY_SECONDS, WorkerLedger } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { HealthFacts } from './check-health.js';
import type { SystemFacts } from './check-system.js';
import { ConnectionExamination } from './connection-examination.js';

/** Gathers what there is to know of the health of a deployment. Changes nothing anywhere. */
@Injectable()
export class Examination {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly readiness: Readiness,
    private readonly workers: WorkerLedger,
    private readonly connections: ConnectionExamination,
  ) {}

  async facts(): Promise<HealthFacts> {
    const readiness = await this.askReadiness();
    const common = { readiness, version: this.readiness.version, awaySeconds: WORKER_AWAY_SECONDS };
    if (!readiness.isReady) {
      // Tables that are behind may lack what the rest is read from.
      return { ...common, now: this.clock.now().getTime(), clockAheadMs: 0, workers: [], connections: [] };
    }
    const { now, aheadMs: clockAheadMs } = await askDatabaseClock(this.em.fork(), this.clock);
    return { ...common, now, clockAheadMs, workers: await this.workers.list(), connections: await this.connections.facts() };
  }

  private async askReadiness(): Promise<SystemFacts['readiness']> {
    try {
      return { isReady: true, ...(await this.readiness.assertReady()) };
    } catch (error) {
      if (!(error instanceof KanaError)) {
        throw error;
      }
      return { isReady: false, code: error.code };
    }
  }
}
