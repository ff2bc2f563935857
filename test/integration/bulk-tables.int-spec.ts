import type { BulkTable } from '@app/common';
import { STRIPE_PRICE_TABLE, STRIPE_PRODUCT_TABLE, StripePrice, StripeProduct } from '@app/mapping';
import { ASIDE_OBJECT_TABLE, AsideObject, DRIFT_ROW_TABLE, DriftRow, IMPORT_ROW_TABLE, ImportRow, SYNC_ISSUE_TABLE, SyncIssue } from '@app/sync';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { bulkTableOf } from '../support/bulk-table.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const TABLES: BulkTable[] = [ASIDE_OBJECT_TABLE, DRIFT_ROW_TABLE, IMPORT_ROW_TABLE, STRIPE_PRICE_TABLE, STRIPE_PRODUCT_TABLE, SYNC_ISSUE_TABLE];

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

describe('a table’s shape in bulk', () => {
  it.each([
    ['StripeProduct', STRIPE_PRODUCT_TABLE, StripeProduct, ['base_package_id']],
    ['StripePrice', STRIPE_PRICE_TABLE, StripePrice, ['ignored_reason', 'ignored_at']],
    ['AsideObject', ASIDE_OBJECT_TABLE, AsideObject, []],
    ['DriftRow', DRIFT_ROW_TABLE, DriftRow, []],
    ['ImportRow', IMPORT_ROW_TABLE, ImportRow, ['stored_at', 'user_id']],
    ['SyncIssue', SYNC_ISSUE_TABLE, SyncIssue, ['closed_at', 'ignored_by', 'ignored_at', 'ignored_reason', 'ignored_until']],
  ])('of %s has the columns, the types and the key of the entity; what a person decides is not in it', (_name, table, entity, without) => {
    expect(table).toEqual(bulkTableOf(entity, without));
  });

  it.each(TABLES)('of $name is one that the migrated database takes, and leaves out no column that must be given', async ({ name, columns, key }) => {
    const { rows } = await client.query<{ column: string; type: string; needed: boolean }>(
      `select attname as column, regexp_replace(format_type(atttypid, atttypmod), '[(]6[)]', '') as type, attnotnull and not atthasdef as needed
         from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [name],
    );
    const names: Record<string, string> = { 'timestamp with time zone': 'timestamptz', integer: 'int' };
    const types = new Map(rows.map(({ column, type }) => [column, names[type] ?? type]));
    expect(Object.entries(columns).filter(([column, type]) => types.get(column) !== type)).toEqual([]);
    expect(rows.filter(({ column, needed }) => needed && !(column in columns))).toEqual([]);
    const { rows: keys } = await client.query<{ column: string }>(
      `select a.attname as column from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
        where i.indrelid = $1::regclass and i.indisprimary`,
      [name],
    );
    expect(keys.map(({ column }) => column).toSorted()).toEqual([...key].toSorted());
  });
});
