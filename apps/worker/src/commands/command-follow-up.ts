import { Injectable } from '@nestjs/common';

import { Doorbell } from '@app/common';
import { type Completed, ConversionService, NOTHING_TOUCHED } from '@app/subscriptions';
import type { ClaimedCommand } from '@app/sync';

import { IssueRefresher } from '../events/issue-refresher.js';
import { CommandMetrics } from './command-metrics.js';

/** What is done after a command, beside its own rows. */
@Injectable()
export class CommandFollowUp {
  constructor(
    private readonly conversions: ConversionService,
    private readonly issues: IssueRefresher,
    private readonly doorbell: Doorbell,
    private readonly metrics: CommandMetrics,
  ) {}

  async follow({ id, connectionId }: ClaimedCommand, completed: Completed | null): Promise<void> {
    this.issues.note(connectionId, completed?.touched ?? NOTHING_TOUCHED, true);
    if (completed !== null && completed.relinked.length > 0) {
      await this.conversions.convert(connectionId, { kind: 'CUSTOMERS', customerIds: completed.relinked }, { kind: 'COMMAND', id });
    }
    const priceIds = (completed?.settled ?? []).filter(({ type }) => type === 'PRICE').map(({ id: priceId }) => priceId);
    if (priceIds.length > 0) {
      // Made in Stripe, seen, subscribed to, and mapped only now.
      await this.conversions.convert(connectionId, { kind: 'PRICES', priceIds }, { kind: 'COMMAND', id });
    }
    // Events that came in while the object was held have found it taken.
    await this.doorbell.tryToRing('events', { connectionId });
    await this.metrics.noteAttempt(id);
  }

  async refreshIssues(connectionId: string): Promise<void> {
    await this.issues.refresh(connectionId);
  }
}
