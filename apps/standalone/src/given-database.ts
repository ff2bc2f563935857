import pg from 'pg';

import { errorCode, LaunchError } from './launch.errors.js';

const PATIENCE_MS = 10_000;

/**
 * Tries the given server, so that a wrong address is found before anything is started.
 *
 * @throws LaunchError with what to do; never with the password
 */
export async function requireDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PATIENCE_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } catch (cause) {
    throw new LaunchError('database_unreachable', sentenceOf(new URL(url), errorCode(cause)), { cause });
  } finally {
    await client.end().catch(() => undefined);
  }
}

function sentenceOf(url: URL, code: string | undefined): string {
  const server = `${url.hostname}:${url.port === '' ? 5432 : url.port}`;
  const database = decodeURIComponent(url.pathname.slice(1));
  switch (code) {
    case 'ECONNREFUSED':
      return `No PostgreSQL answers at ${server}. Start it, or correct DATABASE_URL, or leave DATABASE_URL out for the embedded one.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host of DATABASE_URL, ${url.hostname}, is not known here. Correct DATABASE_URL, or check the network.`;
    case '28P01':
    case '28000':
      return `PostgreSQL at ${server} does not let the user "${decodeURIComponent(url.username)}" in. Correct the user and the password in DATABASE_URL.`;
    case '3D000':
      return `PostgreSQL at ${server} has no database "${database}". Make it (createdb ${database}), or correct DATABASE_URL.`;
    case undefined:
    default:
      return `PostgreSQL at ${server} cannot be reached (${code ?? `no answer in ${PATIENCE_MS / 1000} s`}). Check that it runs and that DATABASE_URL is right.`;
  }
}
