import { Injectable, Logger } from '@nestjs/common';

import { type ClaimedRun, DriftLedger, NO_DRIFT } from '@app/sync';

import { DriftMetrics } from './drift-metrics.js';

/** Says in the log, and in the metrics, what a reconciliation has found. */
@Injectable()
export class RunReport {
  private readonly logger = new Logger(RunReport.name);

  constructor(
    private readonly drift: DriftLedger,
    private readonly metrics: DriftMetrics,
  ) {}

  async tell({ id }: ClaimedRun): Promise<void> {
    const { objects, byKind } = (await this.drift.count([id])).get(id) ?? NO_DRIFT;
    this.metrics.count('reconciliation', byKind);
    this.logger.log({ driftedObjects: objects, driftedFields: byKind }, objects === 0 ? 'Nothing differed from Stripe' : 'Drift was found');
  }
}
