import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows, sqlWrite } from '@app/common';

/** Not copied but seen through: what must hold over a dry run and everything else together. */
const SHARED = 'request_budget';
/** No tables of the model. */
const FOREIGN = ['schema_migration'];
/**
 * Copied without their rows, as these decide nothing about an import: secrets and keys, what was written down of earlier
 * runs and changes, what happened (events are settled in the real tables only), usage. A new table is copied whole.
 */
const EMPTY = [
  'api_key',
  'aside_object',
  'audit_entry',
  'drift_row',
  'entitlement_change',
  'idempotency_record',
  'import_access_change',
  'import_row',
  'sample_walk',
  'stripe_webhook_secret',
  'sync_command',
  'sync_event',
  'usage_counter',
  'usage_day',
  'usage_record',
  'worker_process',
];

export interface CopiedTable {
  readonly name: string;
  readonly isShared: boolean;
  /** Its rows are copied, too. */
  readonly isCopied: boolean;
  /** Without those that PostgreSQL computes. */
  readonly columns: readonly string[];
  /** Columns that count up by a sequence. */
  readonly counted: readonly string[];
}

/** Every table of the model, from the database itself. */
export async function findTables(em: EntityManager): Promise<CopiedTable[]> {
  const rows = await sqlRows<{ name: string; columns: string[]; counted: string[] | null }>(
    em,
    `select c.relname as name,
            json_agg(a.attname order by a.attnum) filter (where a.attgenerated = '') as columns,
            json_agg(a.attname) filter (where pg_get_serial_sequence(c.oid::regclass::text, a.attname) is not null) as counted
       from pg_class c
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname <> all($1)
      group by c.relname order by c.relname`,
    [FOREIGN],
  );
  return rows.map(({ name: table, columns, counted }) => ({
    name: table,
    isShared: table === SHARED,
    isCopied: table !== SHARED && !EMPTY.includes(table),
    columns,
    counted: counted ?? [],
  }));
}

/** Unlogged, as nobody wants it back: what PostgreSQL loses in a crash is lost as a whole, the run's own row with it. */
export async function copyTable(em: EntityManager, schema: string, table: CopiedTable): Promise<void> {
  const [original, copy] = [name(table.name), `${name(schema)}.${name(table.name)}`];
  if (table.isShared) {
    await sqlWrite(em, `create view ${copy} as select * from ${original}`);
    return;
  }
  await sqlWrite(em, `create unlogged table ${copy} (like ${original} including all)`);
  if (table.isCopied) {
    const columns = table.columns.map(name).join(', ');
    await sqlWrite(em, `insert into ${copy} (${columns}) select ${columns} from ${original}`);
  }
  for (const column of table.counted) {
    await giveSequence(em, schema, copy, table.name, column);
  }
}

/** The default that was copied along would count the real sequence up. */
async function giveSequence(em: EntityManager, schema: string, copy: string, table: string, column: string): Promise<void> {
  const sequence = `${name(schema)}.${name(`${table}_${column}_seq`)}`;
  await sqlWrite(em, `create sequence ${sequence} owned by ${copy}.${name(column)}`);
  await sqlWrite(em, `alter table ${copy} alter ${name(column)} set default nextval('${sequence}')`);
  await sqlRows(em, `select setval('${sequence}', (select coalesce(max(${name(column)}), 0) + 1 from ${copy}), false)`);
}

/**
 * What `like` leaves out: statements that tie the copied tables to one another, to be run where these are the ones that are
 * found. Rows that are there already fit, or the originals would not.
 */
export async function findForeignKeys(em: EntityManager): Promise<string[]> {
  const rows = await sqlRows<{ table: string; key: string; definition: string }>(
    em,
    `select c.relname as "table", k.conname as key, pg_get_constraintdef(k.oid) as definition
       from pg_constraint k
       join pg_class c on c.oid = k.conrelid
      where k.contype = 'f' and c.relnamespace = current_schema()::regnamespace
      order by c.relname, k.conname`,
  );
  return rows.map(({ table, key, definition }) => `alter table ${name(table)} add constraint ${name(key)} ${definition} not valid`);
}

/** As an identifier of SQL. */
export function name(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
