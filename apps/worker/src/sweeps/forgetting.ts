import { Injectable } from '@nestjs/common';

import { IdempotencyLedger } from '@app/access';
import { CommandRetention, DryRunLedger, SyncRetention } from '@app/sync';

import { DryRunCopy } from '../dry-run/dry-run-copy.js';

/** What is kept for a time only. */
@Injectable()
export class Forgetting {
  constructor(
    readonly idempotency: IdempotencyLedger,
    private readonly sync: SyncRetention,
    private readonly commands: CommandRetention,
    private readonly dryRuns: DryRunLedger,
    private readonly copies: DryRunCopy,
  ) {}

  async sweepLedgers(): Promise<void> {
    await this.sync.sweep();
    await this.commands.sweep();
  }

  async sweepDryRuns(): Promise<void> {
    await this.copies.dropAbandoned();
    await this.dryRuns.forgetRows();
  }
}
