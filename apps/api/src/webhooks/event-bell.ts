import { Doorbell } from '@app/common';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** How long a further ring waits: a burst of events is one or two rings, not thousands. */
const PAUSE_MS = 50;

interface Pause {
  readonly timer: NodeJS.Timeout;
  /** Somebody wanted to ring meanwhile. */
  isWanted: boolean;
}

/** Rings for events: at once, and then at most once in a while per connection. Nobody waits for it. */
@Injectable()
export class EventBell implements OnModuleDestroy {
  private readonly pauses = new Map<string, Pause>();

  constructor(private readonly doorbell: Doorbell) {}

  ring(connectionId: string): void {
    const pause = this.pauses.get(connectionId);
    if (pause !== undefined) {
      pause.isWanted = true;
      return;
    }
    this.pauses.set(connectionId, { timer: setTimeout(() => this.end(connectionId), PAUSE_MS), isWanted: false });
    void this.doorbell.tryToRing('events', { connectionId });
  }

  /** The last ring must not be lost with the process; the sweep would bring it, but later. */
  async onModuleDestroy(): Promise<void> {
    const wanted = [...this.pauses].flatMap(([connectionId, { isWanted }]) => (isWanted ? [connectionId] : []));
    this.pauses.forEach(({ timer }) => clearTimeout(timer));
    this.pauses.clear();
    await Promise.all(wanted.map((connectionId) => this.doorbell.tryToRing('events', { connectionId })));
  }

  private end(connectionId: string): void {
    const isWanted = this.pauses.get(connectionId)?.isWanted === true;
    this.pauses.delete(connectionId);
    if (isWanted) {
      this.ring(connectionId);
    }
  }
}
