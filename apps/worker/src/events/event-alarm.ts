import { Injectable } from '@nestjs/common';

import { Doorbell } from '@app/common';

/**
 * Rings for what a drain has left for a little later: a read that waits for the end of a burst, or another attempt. If it is
 * lost with the process, the sweep rings instead.
 */
@Injectable()
export class EventAlarm {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private isStopped = false;

  constructor(private readonly doorbell: Doorbell) {}

  /** @param ms until the next event of the connection is due, null = none is soon; the former alarm is void */
  set(connectionId: string, ms: number | null): void {
    clearTimeout(this.timers.get(connectionId));
    this.timers.delete(connectionId);
    if (ms !== null && !this.isStopped) {
      this.timers.set(connectionId, setTimeout(() => this.ring(connectionId), Math.ceil(ms)));
    }
  }

  stop(): void {
    this.isStopped = true;
    this.timers.forEach((timer) => clearTimeout(timer));
    this.timers.clear();
  }

  private ring(connectionId: string): void {
    this.timers.delete(connectionId);
    void this.doorbell.tryToRing('events', { connectionId });
  }
}
