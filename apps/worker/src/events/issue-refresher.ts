import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { IssueDeriver } from '@app/subscriptions';

/** How much of the time may be spent on looking for issues. */
const SHARE = 0.1;

/**
 * Keeps issues up with events. Looking for them reads the whole account, so that after each look there is a pause of many
 * times its length; what came meanwhile is looked at by the next drain, or by the sweep.
 */
@Injectable()
export class IssueRefresher {
  private readonly pausedUntil = new Map<string, number>();
  private readonly due = new Set<string>();

  constructor(
    private readonly em: EntityManager,
    private readonly issues: IssueDeriver,
  ) {}

  /** Something has happened that may have brought an issue about, or cured one. */
  note(connectionId: string): void {
    this.due.add(connectionId);
  }

  /** Where anything was noted, and unless a pause is on: then the sweep comes back to it. */
  async refresh(connectionId: string): Promise<void> {
    if (!this.due.has(connectionId) || (this.pausedUntil.get(connectionId) ?? 0) > performance.now()) {
      return;
    }
    this.due.delete(connectionId);
    const started = performance.now();
    await this.issues.refresh(this.em.fork(), connectionId);
    const took = performance.now() - started;
    this.pausedUntil.set(connectionId, performance.now() + took / SHARE);
  }

  /** What drains that go on, and pauses, have put off. */
  async catchUp(): Promise<void> {
    for (const connectionId of this.due) {
      await this.refresh(connectionId);
    }
  }
}
