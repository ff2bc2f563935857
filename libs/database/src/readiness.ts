import { readdirSync } from 'node:fs';

import { KanaError, QueueConnection, sqlRows, within } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { assertSchemaCompatibility, SchemaMigrationRequiredError, SchemaVersionMismatchError, UnsupportedPostgresVersionError } from 'bullmq';

import { MIGRATIONS_FOLDER, QUEUE_SCHEMA } from './orm-config.js';

/** Orchestrators give a probe a second or a few; an answer after that is none. */
const PATIENCE_MS = 2000;
const MIGRATION_FILE = /^(Migration\w+)\.(?:js|ts)$/;

/** PostgreSQL's code for a table that is not there. */
const NO_SUCH_TABLE = '42P01';

/** Whether wake-ups go through. */
export interface Ready {
  readonly queue: 'available' | 'away';
}

/**
 * Whether this process can do its work now: PostgreSQL answers, its schema is the one that this build was made for, and so
 * is the queue's, where that is in PostgreSQL. Redis may be away; the answer tells, and who needs it decides. An answer
 * names the check that failed and nothing more, as anybody may ask; the log has the rest.
 */
@Injectable()
export class Readiness {
  private readonly logger = new Logger(Readiness.name);
  /** Of this build; its files do not change while it runs. */
  private readonly known: ReadonlySet<string> = new Set(readdirSync(MIGRATIONS_FOLDER).flatMap((file) => MIGRATION_FILE.exec(file)?.[1] ?? []));

  constructor(
    private readonly em: EntityManager,
    private readonly queues: QueueConnection,
  ) {}

  /** Of this build: the last migration that it knows. */
  get version(): string {
    return [...this.known].toSorted().at(-1)?.replace('Migration', '') ?? '';
  }

  /** @throws KanaError `database_unavailable`, `schema_behind`, `queue_schema_unfit`, all UNAVAILABLE (503) */
  async assertReady(): Promise<Ready> {
    try {
      return await within(PATIENCE_MS, this.check(this.em.fork()), databaseAway);
    } catch (error) {
      this.logger.warn({ err: error }, 'Not ready');
      throw error instanceof KanaError ? error : databaseAway();
    }
  }

  private async check(em: EntityManager): Promise<Ready> {
    await sqlRows(em, 'select 1');
    const applied = await appliedMigrations(em);
    const missing = [...this.known].filter((name) => !applied.has(name));
    if (missing.length > 0) {
      this.logger.warn({ missing }, 'Migrations are missing');
      throw unready('schema_behind', 'The database lacks migrations of this version of Kana. Run the migrations.');
    }
    // Migrations of a newer version do no harm: during an upgrade the version before serves on its schema, too.
    if (this.queues.backend === 'postgres') {
      await assertQueue(em);
      return { queue: 'available' };
    }
    return { queue: (await this.queues.answers()) ? 'available' : 'away' };
  }
}

/** By their names, without the ending that depends on whether a migration ran from its source. */
async function appliedMigrations(em: EntityManager): Promise<Set<string>> {
  try {
    const rows = await sqlRows<{ name: string }>(em, 'select name from schema_migration');
    return new Set(rows.map(({ name }) => name.replace(/\.(?:js|ts)$/, '')));
  } catch (error) {
    if (codeOf(error) === NO_SUCH_TABLE) {
      return new Set();
    }
    throw error;
  }
}

async function assertQueue(em: EntityManager): Promise<void> {
  try {
    await assertSchemaCompatibility(await em.getDriver().getConnection().getNativeClient(), QUEUE_SCHEMA);
  } catch (error) {
    if (
      error instanceof SchemaMigrationRequiredError ||
      error instanceof SchemaVersionMismatchError ||
      error instanceof UnsupportedPostgresVersionError
    ) {
      throw unready('queue_schema_unfit', 'The tables of the queue do not fit this version of Kana. Run the migrations.');
    }
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function unready(code: string, message: string): KanaError {
  return new KanaError('UNAVAILABLE', code, message);
}

function databaseAway(): KanaError {
  return unready('database_unavailable', 'The database cannot be reached at the moment. Try again shortly.');
}
