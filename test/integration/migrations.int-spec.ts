import { ormConfig, runMigrations } from '@app/database';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';

import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await createEmptyDatabase();
});
afterEach(() => database.drop());

describe('migrations', () => {
  it('leave nothing for the entities to ask for: none is missing', async () => {
    await runMigrations(database.url);
    const orm = await MikroORM.init(ormConfig(database.url));
    try {
      expect(await orm.schema.getUpdateSchemaSQL()).toBe('');
    } finally {
      await orm.close();
    }
  });

  it('change nothing when run again', async () => {
    await runMigrations(database.url);
    const before = await schemaOf(database.url);
    await runMigrations(database.url);
    expect(await schemaOf(database.url)).toEqual(before);
    expect(before.tables).toContain('public.package_subscription');
    expect(before.tables.some((table) => table.startsWith('bullmq.'))).toBe(true);
  });
});

interface Schema {
  tables: string[];
  columns: unknown[];
  indexes: unknown[];
  applied: unknown[];
}

async function schemaOf(connectionString: string): Promise<Schema> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const ours = `('public', 'bullmq')`;
  try {
    const columns = await client.query<{ table_name: string }>(
      `select table_schema || '.' || table_name as table_name, column_name, data_type, is_nullable, column_default
       from information_schema.columns where table_schema in ${ours} order by 1, 2`,
    );
    const indexes = await client.query(`select schemaname, indexname, indexdef from pg_indexes where schemaname in ${ours} order by 1, 2`);
    const applied = await client.query('select * from schema_migration order by 1');
    return {
      tables: [...new Set(columns.rows.map((row) => row.table_name))],
      columns: columns.rows,
      indexes: indexes.rows,
      applied: applied.rows,
    };
  } finally {
    await client.end();
  }
}
