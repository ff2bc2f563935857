import { fileURLToPath } from 'node:url';

import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, UnderscoreNamingStrategy, type Options } from '@mikro-orm/postgresql';
import type { Pool, PoolClient, PoolConfig } from 'pg';

import { entities } from './entities.js';
import { keepStatements } from './kept-statements.js';

export const MAXIMUM_CONNECTIONS = 16;
/**
 * A server that accepts connections and says nothing would keep whoever asks for ever. Waiting for one of our own to be free
 * counts, too: sixteen that are all busy for so long are as good as none.
 */
const CONNECTION_TIMEOUT_MS = 10_000;

/** Absolute; beside this file, in the sources as in what is built from them. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));

/** The schema of BullMQ's own tables, beside ours in the same database. */
export const QUEUE_SCHEMA = 'bullmq';

/**
 * Nearly every statement looks up a few hundred keys in tables that lie in memory or on an SSD. PostgreSQL's defaults are
 * those of a spinning disk: with them a page of an import reads whole tables until these are very large.
 */
const PLANNER_SETTINGS = '-c random_page_cost=1.1 -c jit=off';

/**
 * A process that is stopped in the middle of a transaction would hold its rows for as long, and whoever wants them would wait.
 * Nothing of ours thinks for so long between two statements.
 */
const GIVE_UP_SETTINGS = '-c idle_in_transaction_session_timeout=60s';

/**
 * Kysely's driver forgets its pool before it ends it. A connection that was being opened meanwhile reaches nobody who would
 * give it back, and the pool, and with it the process that stops, would wait for it for ever: such a one is turned away.
 */
function refuseLateConnections({ keepsStatements = false }: Connecting): Pick<PoolConfig, 'onConnect'> & { onPoolCreated: (pool: Pool) => void } {
  let pool: Pool | undefined;
  return {
    onPoolCreated: (created) => {
      pool = created;
      giveBackWhenLost(created);
      if (keepsStatements) {
        keepStatements(created);
      }
    },
    onConnect: () => {
      if (pool?.ending === true) {
        throw new Error('The connections to PostgreSQL are being closed.');
      }
    },
  };
}

/**
 * Kysely gives a connection back after a rollback that has worked, and never after one that could not: each that is lost in
 * the middle of a transaction would be missing from the pool until the process ends.
 */
function giveBackWhenLost(pool: Pool): void {
  const giveBack = function (this: PoolClient): void {
    const { release } = this;
    // Whoever holds it may still give it back itself.
    this.release = () => undefined;
    release(true);
  };
  pool.on('acquire', (client) => client.once('end', giveBack));
  pool.on('release', (_error, client) => client.off('end', giveBack));
}

export interface Connecting {
  /** The only schema in which tables are looked for, if not the database's own choice. */
  readonly schema?: string;
  /** For who asks few things again and again, of tables whose statistics he keeps: a worker. */
  readonly keepsStatements?: boolean;
}

/** The one configuration of the database, for the api, the worker, the migrations and the tests. */
export function ormConfig(databaseUrl: string, overrides: Partial<Options> = {}, connecting: Connecting = {}): Options {
  const { schema } = connecting;
  const path = schema === undefined ? '' : ` -c search_path=${schema}`;
  return defineConfig({
    clientUrl: databaseUrl,
    entities,
    namingStrategy: UnderscoreNamingStrategy,
    extensions: [Migrator],
    forceUtcTimezone: true,
    driverOptions: { options: `${PLANNER_SETTINGS} ${GIVE_UP_SETTINGS}${path}`, connectionTimeoutMillis: CONNECTION_TIMEOUT_MS, ...refuseLateConnections(connecting) },
    pool: { min: 0, max: MAXIMUM_CONNECTIONS },
    // BullMQ keeps its own tables in this schema; a generated migration must not drop them.
    schemaGenerator: { ignoreSchema: [QUEUE_SCHEMA] },
    migrations: {
      path: MIGRATIONS_FOLDER,
      glob: 'Migration*.{js,ts}',
      tableName: 'schema_migration',
      snapshotName: '.snapshot-kana',
      silent: true,
    },
    ...overrides,
  });
}
