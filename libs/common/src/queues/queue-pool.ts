import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { assertSchemaCompatibility } from 'bullmq';
import pg from 'pg';

import { QUEUE_SCHEMA } from './queues.js';

/** Each worker holds one connection to be woken up on; the rest is for short statements. */
const MAXIMUM_CONNECTIONS = 10;
/** Every queue and worker listens for this pool's errors. */
const MAXIMUM_LISTENERS = 64;

/**
 * The one pool of connections of all queues and workers in a process; left alone each of them opens one of its own.
 * Global, and known to Nest before the queues are, so that it is the last to shut down.
 */
@Injectable()
export class QueuePool implements OnModuleInit, OnApplicationShutdown {
  readonly pool: pg.Pool;
  private readonly logger = new Logger(QueuePool.name);

  constructor(databaseUrl: string) {
    this.pool = new pg.Pool({
      connectionString: databaseUrl,
      options: `-c search_path=${QUEUE_SCHEMA}`,
      max: MAXIMUM_CONNECTIONS,
      keepAlive: true,
    });
    this.pool.setMaxListeners(MAXIMUM_LISTENERS);
    const warn = (error: Error): void => this.logger.warn({ err: error }, 'A connection of the queues was lost');
    this.pool.on('error', warn);
    // The pool leaves a connection's errors to whoever holds it; unheard, one would end the process.
    this.pool.on('connect', (client) => client.on('error', warn));
  }

  /** Fails before any worker exists: one that finds no schema would spin for ever. */
  async onModuleInit(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await assertSchemaCompatibility(client, QUEUE_SCHEMA);
    } finally {
      client.release();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
