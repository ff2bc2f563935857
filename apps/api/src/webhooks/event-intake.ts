import { KanaError, within } from '@app/common';
import { type IncomingEvent, SyncEventInbox } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { isDatabaseAway } from '../http/database-away.js';

/** One statement's worth. */
const MAXIMUM_BATCH = 200;
/** Statements of one connection under way at once: PostgreSQL writes what commits together in one go. */
const MAXIMUM_UNDER_WAY = 4;
/** Beyond it whoever sends is told to come again, instead of memory growing. */
const MAXIMUM_WAITING = 5000;
/** A statement on a connection that has died without a word would hold up all others for many minutes. */
const PATIENCE_MS = 10_000;

interface Waiting {
  readonly event: IncomingEvent;
  readonly stored: PromiseWithResolvers<void>;
}

/** The events of one connection that wait for a statement. */
interface Line {
  waiting: Waiting[];
  underWay: number;
}

/**
 * Stores events as they come in, each answered for only after the commit of its own statement. What arrives while
 * statements are under way goes together into the next one: a burst costs a few large statements and commits instead of
 * thousands, and a lone event waits for nobody.
 */
@Injectable()
export class EventIntake {
  private readonly lines = new Map<string, Line>();
  private waiting = 0;

  constructor(
    private readonly em: EntityManager,
    private readonly inbox: SyncEventInbox,
  ) {}

  /**
   * Settles when the event is committed.
   *
   * @throws KanaError `webhook_backlog`, `database_unavailable`
   */
  async take(connectionId: string, event: IncomingEvent): Promise<void> {
    if (this.waiting >= MAXIMUM_WAITING) {
      throw new KanaError('UNAVAILABLE', 'webhook_backlog', 'More webhooks wait to be stored than memory should hold. Send it again shortly.');
    }
    const line = this.lines.get(connectionId) ?? { waiting: [], underWay: 0 };
    this.lines.set(connectionId, line);
    const stored = Promise.withResolvers<void>();
    line.waiting.push({ event, stored });
    this.waiting += 1;
    void this.work(connectionId, line);
    return stored.promise;
  }

  private async work(connectionId: string, line: Line): Promise<void> {
    while (line.underWay < MAXIMUM_UNDER_WAY && line.waiting.length > 0) {
      const batch = takeBatch(line);
      this.waiting -= batch.length;
      line.underWay += 1;
      await this.store(connectionId, batch);
      line.underWay -= 1;
    }
    if (line.underWay === 0) {
      this.lines.delete(connectionId);
    }
  }

  /** Each event is told what became of it; this never fails. */
  protected async store(connectionId: string, batch: readonly Waiting[]): Promise<void> {
    try {
      await this.insert(connectionId, batch.map(({ event }) => event));
      batch.forEach(({ stored }) => stored.resolve());
    } catch (error) {
      await this.storeApart(connectionId, batch, error);
    }
  }

  /** One event must not be refused for another's sake: if it was not the database that was away, each has a statement of its own. */
  private async storeApart(connectionId: string, batch: readonly Waiting[], error: unknown): Promise<void> {
    if (batch.length === 1 || isAway(error)) {
      batch.forEach(({ stored }) => stored.reject(error));
      return;
    }
    for (const one of batch) {
      await this.store(connectionId, [one]);
    }
  }

  private async insert(connectionId: string, events: readonly IncomingEvent[]): Promise<void> {
    await within(PATIENCE_MS, this.inbox.receive(this.em.fork(), connectionId, 'WEBHOOK', events), databaseAway);
  }
}

/**
 * The oldest that wait, by id: statements that meet the same events take them in the same order and cannot block each
 * other for good. A second copy of an event waits for the next statement: each delivery counts.
 */
function takeBatch(line: Line): Waiting[] {
  const batch = new Map<string, Waiting>();
  const left: Waiting[] = [];
  for (const one of line.waiting) {
    if (batch.size < MAXIMUM_BATCH && !batch.has(one.event.id)) {
      batch.set(one.event.id, one);
    } else {
      left.push(one);
    }
  }
  line.waiting = left;
  return [...batch.values()].toSorted((one, other) => (one.event.id < other.event.id ? -1 : 1));
}

function isAway(error: unknown): boolean {
  return (error instanceof KanaError && error.kind === 'UNAVAILABLE') || isDatabaseAway(error);
}

function databaseAway(): KanaError {
  return new KanaError('UNAVAILABLE', 'database_unavailable', 'The database does not answer at the moment. Send it again shortly.');
}
