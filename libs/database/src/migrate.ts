import { describeError, KanaError, loadDatabaseUrl } from '@app/common';

import { runMigrations } from './run-migrations.js';

/**
 * `node dist/libs/database/src/migrate.js`: brings the database of DATABASE_URL up to this build and ends. Run it before
 * the api and the worker of a new version; running it again changes nothing.
 */
try {
  await runMigrations(loadDatabaseUrl());
  process.stdout.write('The database is up to date.\n');
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exitCode = 1;
}

function sentenceOf(error: unknown): string {
  if (error instanceof KanaError) {
    return error.message;
  }
  const { code, message } = describeError(error);
  return `The migrations did not run through${code === undefined ? '' : ` (${code})`}: ${message}`;
}
