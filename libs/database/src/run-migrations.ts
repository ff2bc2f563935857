import { MikroORM } from '@mikro-orm/postgresql';
import { runMigrations as runQueueMigrations } from 'bullmq';
import pg from 'pg';

import { ormConfig, QUEUE_SCHEMA } from './orm-config.js';

/**
 * Brings a database up to this version: our tables, then the queue's. An explicit step, run before any app starts:
 * a queue worker that finds no schema spins for ever. Running it again does nothing.
 */
export async function runMigrations(databaseUrl: string): Promise<void> {
  const orm = await MikroORM.init(ormConfig(databaseUrl));
  try {
    await orm.migrator.up();
  } finally {
    await orm.close();
  }
  await migrateQueue(databaseUrl);
}

async function migrateQueue(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await runQueueMigrations(client, QUEUE_SCHEMA);
  } finally {
    await client.end();
  }
}
