import { Injectable } from '@nestjs/common';

import { Doorbell, type QueueName } from '@app/common';

/**
 * Rings for what a drain has left for a little later: a read that waits for the end of a burst, or another attempt. If it is
 * lost with the process, the sweep rings instead.
 */
@Injectable()
export class QueueAlarm {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private isStopped = false;

  constructor(private readonly doorbell: Doorbell) {}

  /** @param ms until the next of the connection's work is due, null = none is soon; the former alarm is void */
  set(queue: QueueName, connectionId: string, ms: number | null): void {
    const key = `${queue} ${connectionId}`;
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    if (ms !== null && !this.isStopped) {
      this.timers.set(key, setTimeout(() => this.ring(queue, connectionId, key), Math.ceil(ms)));
    }
  }

  stop(): void {
    this.isStopped = true;
    this.timers.forEach((timer) => clearTimeout(timer));
    this.timers.clear();
  }

  private ring(queue: QueueName, connectionId: string, key: string): void {
    this.timers.delete(key);
    void this.doorbell.tryToRing(queue, { connectionId });
  }
}
