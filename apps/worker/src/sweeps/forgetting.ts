import { Injectable } from '@nestjs/common';

import { IdempotencyLedger } from '@app/access';
import { DryRunLedger, SyncRetention } from '@app/sync';

import { DryRunCopy } from '../dry-run/dry-run-copy.js';

/** What is kept for a time only. */
@Injectable()
export class Forgetting {
  constructor(
    readonly idempotency: IdempotencyLedger,
    readonly sync: SyncRetention,
    private readonly dryRuns: DryRunLedger,
    private readonly copies: DryRunCopy,
  ) {}

  async sweepDryRuns(): Promise<void> {
    await this.copies.dropAbandoned();
    await this.dryRuns.forgetRows();
  }
}
