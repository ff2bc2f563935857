import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { ConnectionService } from '@app/stripe';
import { addTouched, isNothing, IssueDeriver, NOTHING_TOUCHED, type Touched } from '@app/subscriptions';

/** How much of the time may be spent on looking at everything. */
const SHARE = 0.1;
const LOOK_AT_ALL_MS = 60_000;

/**
 * Keeps issues up with events: what a drain has touched is looked at when it ends. Once a minute everything is, which finds
 * what a process that died has left.
 */
@Injectable()
export class IssueRefresher {
  /** What is still to be looked at, by connection. */
  private readonly due = new Map<string, Touched>();
  private readonly pausedUntil = new Map<string, number>();

  constructor(
    private readonly em: EntityManager,
    private readonly connections: ConnectionService,
    private readonly issues: IssueDeriver,
  ) {}

  /**
   * What is looked at by the next `refresh`, or by the sweep.
   *
   * @param failed whether an event may have been given up: that alone is worth a look, though it touches nothing
   */
  note(connectionId: string, touched: Touched, failed = false): void {
    if (failed || !isNothing(touched)) {
      this.due.set(connectionId, addTouched(this.due.get(connectionId) ?? NOTHING_TOUCHED, touched));
    }
  }

  /** Where anything was noted. */
  async refresh(connectionId: string): Promise<void> {
    const touched = this.due.get(connectionId);
    if (touched === undefined) {
      return;
    }
    this.due.delete(connectionId);
    try {
      await this.issues.refresh(this.em.fork(), connectionId, touched);
    } catch (error) {
      this.note(connectionId, touched, true);
      throw error;
    }
  }

  /** What is left over; and everything, where that was not looked at for long. */
  async sweep(): Promise<void> {
    for (const { id } of await this.connections.list()) {
      await ((this.pausedUntil.get(id) ?? 0) > performance.now() ? this.refresh(id) : this.lookAtAll(id));
    }
  }

  private async lookAtAll(connectionId: string): Promise<void> {
    this.due.set(connectionId, 'ALL');
    const started = performance.now();
    await this.refresh(connectionId);
    const took = performance.now() - started;
    this.pausedUntil.set(connectionId, performance.now() + Math.max(LOOK_AT_ALL_MS, took / SHARE));
  }
}
