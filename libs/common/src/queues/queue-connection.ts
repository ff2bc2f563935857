import { types } from 'node:util';

import { Logger } from '@nestjs/common';
import type { ConnectionOptions } from 'bullmq';
import type pg from 'pg';

/** Where the queues are kept. */
export type QueueBackendName = 'postgres' | 'redis';

const REPEATED_AFTER_MS = 60_000;

/**
 * A process's one tie to where its queues are kept: PostgreSQL, or Redis where `REDIS_URL` is set. Global, and known to
 * Nest before the queues are, so that it is the last to shut down.
 */
export abstract class QueueConnection {
  abstract readonly backend: QueueBackendName;
  /** What every queue and worker is given. */
  abstract readonly shared: ConnectionOptions;
  /** The connections to PostgreSQL, where the queues are there. */
  abstract readonly pool: pg.Pool | undefined;
  /** True while wake-ups are known not to go through: then nobody should wait for one. */
  abstract readonly isAway: boolean;
  protected readonly logger = new Logger('Queues');
  private readonly told = new Map<string, { at: number; silent: number }>();
  private readonly waiting: (() => void)[] = [];

  /** Asks, and says within a second whether wake-ups go through. */
  abstract answers(): Promise<boolean>;

  /** For whoever waited in vain: the connection may hang on a peer that is gone. */
  abstract renew(): void;

  /** Calls the listener each time that the queues are back after having been away: rings were lost meanwhile. */
  whenBack(listener: () => void): void {
    this.waiting.push(listener);
  }

  /**
   * For errors of queues and workers. All of them meet the same ones, over and over, so each kind is logged once a minute
   * at most, with how many were left out.
   */
  met(error: unknown, message: string, fields: Readonly<Record<string, string>> = {}): void {
    const kind = `${message} ${kindOf(error)}`;
    const last = this.told.get(kind);
    const now = performance.now();
    if (last !== undefined && now - last.at < REPEATED_AFTER_MS) {
      last.silent += 1;
      return;
    }
    this.told.set(kind, { at: now, silent: 0 });
    this.logger.warn({ err: error, ...fields, ...(last === undefined || last.silent === 0 ? {} : { leftOut: last.silent }) }, message);
  }

  protected tellBack(): void {
    this.waiting.forEach((listener) => listener());
  }
}

function kindOf(error: unknown): string {
  if (!types.isNativeError(error)) {
    return typeof error;
  }
  return 'code' in error ? String(error.code) : error.name;
}
