import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { Doorbell, KanaError } from '@app/common';
import { ConnectionService } from '@app/stripe';
import { AsideLedger, DriftLedger, ImportRunService, ReconciliationService } from '@app/sync';

import { IssueRefresher } from '../events/issue-refresher.js';
import { Sampler } from './sampler.js';

/** The ledgers of reconciliations. */
@Injectable()
export class RunLedgers {
  constructor(
    readonly requests: ImportRunService,
    readonly reconciliations: ReconciliationService,
    readonly drift: DriftLedger,
    readonly aside: AsideLedger,
  ) {}
}

/** What is done about drift by the clock. */
@Injectable()
export class ReconciliationClock {
  private readonly logger = new Logger(ReconciliationClock.name);

  constructor(
    private readonly em: EntityManager,
    private readonly doorbell: Doorbell,
    private readonly connections: ConnectionService,
    private readonly runs: RunLedgers,
    private readonly sampler: Sampler,
    private readonly issues: IssueRefresher,
  ) {}

  /** Asks for reconciliations where they are due. */
  async begin(): Promise<void> {
    for (const connectionId of await this.runs.reconciliations.connectionsDue(this.em.fork())) {
      await this.ask(connectionId, 'schedule');
    }
  }

  /** Looks at a sample of each account that is kept in step, and is not just being read as a whole. */
  async sample(): Promise<void> {
    const inStep = new Set(await this.runs.reconciliations.connectionsToSample(this.em.fork()));
    for (const connection of (await this.connections.list()).filter(({ id }) => inStep.has(id))) {
      const { changed, needsReconciliation } = await this.sampler.look(connection);
      if (changed) {
        this.issues.note(connection.id, 'ALL');
      }
      await this.issues.refresh(connection.id);
      if (needsReconciliation && !(await this.runs.reconciliations.wasAskedLately(this.em.fork(), connection.id))) {
        await this.ask(connection.id, 'sample');
      }
    }
  }

  async forget(): Promise<void> {
    await this.runs.drift.forgetOld(this.em.fork());
    await this.runs.aside.forgetEnded(this.em.fork());
  }

  private async ask(connectionId: string, requestedBy: string): Promise<void> {
    try {
      const { id } = await this.runs.requests.requestRun(connectionId, 'RECONCILIATION', requestedBy);
      this.logger.log({ runId: id, connectionId, requestedBy }, 'A reconciliation is asked for');
    } catch (error) {
      // Another worker was first, or somebody imports just now.
      if (!(error instanceof KanaError) || error.kind !== 'CONFLICT') {
        throw error;
      }
      return;
    }
    await this.doorbell.tryToRing('imports', { connectionId });
  }
}
