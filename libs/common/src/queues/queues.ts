/** Every queue and what a wake-up on it says. Ids only: the work itself is in the ledger, in PostgreSQL. */
export interface QueuePayloads {
  /** Import runs of a connection that are waiting or were left unfinished. */
  imports: { connectionId: string };
  /** Stored subscriptions of a connection that a mapping or a package has just set free. */
  conversions: { connectionId: string };
  /** A connection whose prices are to be read from Stripe. */
  prices: { connectionId: string };
  /** A connection of whose objects some are to be settled: events came in, or a page left something open. */
  events: { connectionId: string };
  /** A connection whose list of events in Stripe is to be read. */
  polls: { connectionId: string };
  /** A connection that is to be changed in Stripe. */
  commands: { connectionId: string };
}

export type QueueName = keyof QueuePayloads;

/** A wake-up as a worker gets it. */
export type WakeUp = { [Name in QueueName]: { queue: Name; payload: QueuePayloads[Name] } }[QueueName];

export const QUEUE_NAMES = ['imports', 'conversions', 'prices', 'events', 'polls', 'commands'] as const satisfies readonly QueueName[];

/** The schema of BullMQ's tables. */
export const QUEUE_SCHEMA = 'bullmq';

/**
 * For every `@Processor`: how soon the job of a worker that died is given to another one, and how soon a worker that has
 * lost its connection asks again. A job may be given out again any number of times, as its handler only drains what the
 * ledger says is due.
 */
export const WORKER_OPTIONS = { lockDuration: 15_000, stalledInterval: 5000, maxStalledCount: 1_000_000, runRetryDelay: 1000 } as const;
