import pg from 'pg';

import { errorCode } from '../launch.errors.js';

const DUPLICATE_DATABASE = '42P04';

/**
 * Makes the database if it is missing: UTF-8, sorted by bytes, so that an order never depends on the machine.
 *
 * @param name lower-case letters, digits and underscores
 */
export async function ensureDatabase(adminUrl: string, name: string): Promise<void> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) {
    throw new TypeError(`Not a name for a database: ${name}`);
  }
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rows.length === 0) {
      await client.query(`create database "${name}" template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`);
    }
  } catch (error) {
    // Another process made it in the meantime.
    if (errorCode(error) !== DUPLICATE_DATABASE) {
      throw error;
    }
  } finally {
    await client.end();
  }
}
