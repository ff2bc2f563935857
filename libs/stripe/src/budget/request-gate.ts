import { setTimeout as sleep } from 'node:timers/promises';

import type { SlotAnswer, SlotRequest } from './resolve-slot.js';

/** Asks all processes' budget for a slot. */
export type TakeSlot = (request: SlotRequest) => Promise<SlotAnswer>;

/** Those of one endpoint that wait in this process. */
interface Line {
  waiting: number;
  last: Promise<void>;
}

/**
 * Lets the requests of this process through, each in its slot. Of one endpoint and priority one stands at the head and asks
 * for a slot: what one process has taken ahead is one request, however many wait behind it.
 */
export class RequestGate {
  private readonly lines = new Map<string, Line>();

  async pass({ endpoint, priority }: Pick<SlotRequest, 'endpoint' | 'priority'>, take: TakeSlot, signal?: AbortSignal): Promise<void> {
    const key = `${priority} ${endpoint}`;
    const line = this.lines.get(key) ?? { waiting: 0, last: Promise.resolve() };
    this.lines.set(key, line);
    line.waiting += 1;
    const turn = line.last.then(() => waitForSlot(() => take({ endpoint, priority, isQueued: line.waiting > 1 }), signal));
    line.last = turn.catch(() => undefined);
    try {
      await turn;
    } finally {
      line.waiting -= 1;
    }
  }
}

async function waitForSlot(take: () => Promise<SlotAnswer>, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    const { kind, inMs } = await take();
    if (inMs > 0) {
      await sleep(inMs, undefined, { signal });
    }
    if (kind === 'GO') {
      return;
    }
  }
}
