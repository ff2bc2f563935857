import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { assertSchemaCompatibility, type ConnectionOptions } from 'bullmq';
import pg from 'pg';

import { within } from '../within.js';
import { QueueConnection } from './queue-connection.js';
import { QUEUE_SCHEMA } from './queues.js';

/** Each worker holds one connection to be woken up on; the rest is for short statements. */
const MAXIMUM_CONNECTIONS = 10;
/** Every queue and worker listens for this pool's errors. */
const MAXIMUM_LISTENERS = 64;
const PATIENCE_MS = 1000;

/** The queues in PostgreSQL: one pool for all of a process; left alone each queue and worker opens one of its own. */
@Injectable()
export class PostgresQueues extends QueueConnection implements OnModuleInit, OnApplicationShutdown {
  readonly backend = 'postgres';
  readonly pool: pg.Pool;
  /** Where it is the database that is away, nothing else gets so far as to ring. */
  readonly isAway = false;

  constructor(databaseUrl: string) {
    super();
    this.pool = new pg.Pool({
      connectionString: databaseUrl,
      options: `-c search_path=${QUEUE_SCHEMA}`,
      max: MAXIMUM_CONNECTIONS,
      keepAlive: true,
    });
    this.pool.setMaxListeners(MAXIMUM_LISTENERS);
    const warn = (error: Error): void => this.met(error, 'A connection of the queues was lost');
    this.pool.on('error', warn);
    // The pool leaves a connection's errors to whoever holds it; unheard, one would end the process.
    this.pool.on('connect', (client) => client.on('error', warn));
  }

  /** Nest's types of a connection know Redis only; the backend takes a pool. */
  get shared(): ConnectionOptions {
    return this.pool;
  }

  async answers(): Promise<boolean> {
    try {
      await within(PATIENCE_MS, this.pool.query('select 1'), () => new Error('PostgreSQL does not answer.'));
      return true;
    } catch {
      return false;
    }
  }

  renew(): void {
    // A statement that hangs is the database's affair, which ends it or loses the connection.
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
