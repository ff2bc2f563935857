import { Redis, type RedisOptions } from 'ioredis';

const LONGEST_PAUSE_MS = 1000;
const SHORTEST_PAUSE_MS = 100;

const OPTIONS: RedisOptions = {
  // BullMQ's demand on whoever waits for jobs: a command outlives the loss of its connection.
  maxRetriesPerRequest: null,
  connectTimeout: 3000,
  keepAlive: 10_000,
  disableClientInfo: true,
};

/**
 * A process's connection to Redis. Queues and workers share it; a worker takes a copy besides, to wait for jobs on. It
 * knows its copies, as at a shutdown while Redis is away somebody has to tell all of them to give up.
 */
export class SharedRedis extends Redis {
  private readonly copies: Redis[] = [];
  private leaving = false;

  constructor(url: string) {
    super(url, OPTIONS);
    this.setMaxListeners(0);
    // Copies are made with the same options, so this holds for them, too.
    this.options.retryStrategy = (attempt) => (this.leaving ? null : Math.min(attempt * SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS));
  }

  get isLeaving(): boolean {
    return this.leaving;
  }

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate(override);
    // For good: one that has ended may be connected again.
    this.copies.push(copy);
    // What one of them meets, all do, and this one tells it.
    copy.on('error', () => undefined);
    return copy;
  }

  /**
   * No new attempt to connect from now on. Who is connected stays so until it is closed; who is not is ended, and what
   * waited there for an answer is refused: BullMQ would wait for Redis to come back before it closes.
   */
  leave(): void {
    this.leaving = true;
    [this, ...this.copies].filter(({ status }) => status !== 'ready' && status !== 'end').forEach(endAtOnce);
  }
}

function endAtOnce(redis: Redis): void {
  redis.disconnect();
  if (redis.status === 'reconnecting') {
    // Between two attempts there is no connection whose end it could tell; an attempt that is broken off has one.
    redis.connect().catch(() => undefined);
    redis.disconnect();
  }
}
