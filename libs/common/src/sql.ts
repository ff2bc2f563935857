import type { Transaction as OrmTransaction } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery, type Kysely } from 'kysely';

/** A row as the driver gives it; callers name its columns. */
export type SqlRow = Record<string, unknown>;

/**
 * Runs one statement with `$1` parameters, inside the entity manager's transaction where there is one.
 * Timestamps come back as PostgreSQL's text (`isoTime` turns them into RFC 3339).
 */
export async function sqlRows<Row extends object = SqlRow>(
  em: EntityManager,
  text: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const result = await executor(em).executeQuery<Row>(CompiledQuery.raw(text, [...parameters]));
  return result.rows;
}

/** As `sqlRows`, for statements whose rows nobody reads: gives the number of rows written. */
export async function sqlWrite(em: EntityManager, text: string, parameters: readonly unknown[] = []): Promise<number> {
  const result = await executor(em).executeQuery(CompiledQuery.raw(text, [...parameters]));
  return Number(result.numAffectedRows ?? 0);
}

function executor(em: EntityManager): Pick<Kysely<unknown>, 'executeQuery'> {
  const transaction = em.getTransactionContext<OrmTransaction<Kysely<unknown>>>();
  return transaction ?? em.getConnection().getClient();
}

/** How a table takes rows in bulk: its name, each column's PostgreSQL type, and the columns that identify a row. */
export interface BulkTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly key: readonly string[];
}

/** `nothing`: the key is there already; `skip`: any unique index refuses the row. */
type OnConflict = 'update' | 'nothing' | 'skip' | 'fail';

/**
 * Writes any number of rows in one statement: they travel as one JSON parameter, so the statement's text (and its
 * plan) is the same for 1 and for 10,000. Rows are objects by column name; a missing member is NULL.
 * The order of `rows` is the order in which locks are taken: sort by key.
 */
export async function writeRows(
  em: EntityManager,
  table: BulkTable,
  rows: readonly object[],
  onConflict: OnConflict = 'fail',
): Promise<number> {
  if (rows.length === 0) {
    return 0;
  }
  return sqlWrite(em, insertText(table, onConflict), [JSON.stringify(rows)]);
}

/** As `writeRows`, for rows whose key may be there already: those stay. Gives the rows that were added. */
export async function addRows<Row extends SqlRow>(em: EntityManager, table: BulkTable, rows: readonly Row[]): Promise<Row[]> {
  if (rows.length === 0) {
    return [];
  }
  const added = await sqlRows(em, `${insertText(table, 'nothing')} returning ${table.key.map(quote).join(', ')}`, [JSON.stringify(rows)]);
  const keyOf = (row: SqlRow): string => JSON.stringify(table.key.map((column) => row[column]));
  const keys = new Set(added.map(keyOf));
  return rows.filter((row) => keys.has(keyOf(row)));
}

const texts = new Map<string, string>();

function insertText(table: BulkTable, onConflict: OnConflict): string {
  const cacheKey = `${table.name} ${onConflict}`;
  const text = texts.get(cacheKey) ?? buildInsertText(table, onConflict);
  texts.set(cacheKey, text);
  return text;
}

function buildInsertText(table: BulkTable, onConflict: OnConflict): string {
  const columns = Object.keys(table.columns);
  const names = columns.map(quote).join(', ');
  const shape = columns.map((column) => `${quote(column)} ${table.columns[column]}`).join(', ');
  const insert = `insert into ${quote(table.name)} (${names}) select ${names} from jsonb_to_recordset($1::jsonb) as r(${shape})`;
  if (onConflict === 'fail') {
    return insert;
  }
  if (onConflict === 'skip') {
    return `${insert} on conflict do nothing`;
  }
  const target = `on conflict (${table.key.map(quote).join(', ')})`;
  const updated = columns.filter((column) => !table.key.includes(column));
  return onConflict === 'nothing' || updated.length === 0
    ? `${insert} ${target} do nothing`
    : `${insert} ${target} do update set ${updated.map((column) => `${quote(column)} = excluded.${quote(column)}`).join(', ')}`;
}

function quote(identifier: string): string {
  return `"${identifier}"`;
}

/**
 * Updates existing rows by key in one statement. All rows have the same members: the key's columns and those to set.
 */
export async function updateRows(em: EntityManager, table: BulkTable, rows: readonly object[]): Promise<number> {
  const [first] = rows;
  if (first === undefined) {
    return 0;
  }
  const columns = Object.keys(first);
  const shape = columns.map((column) => `${quote(column)} ${table.columns[column]}`).join(', ');
  const set = columns
    .filter((column) => !table.key.includes(column))
    .map((column) => `${quote(column)} = r.${quote(column)}`)
    .join(', ');
  const same = table.key.map((column) => `t.${quote(column)} = r.${quote(column)}`).join(' and ');
  const text = `update ${quote(table.name)} t set ${set} from jsonb_to_recordset($1::jsonb) as r(${shape}) where ${same}`;
  return sqlWrite(em, text, [JSON.stringify(rows)]);
}

/**
 * Of these rows, those that the table does not hold just so: `added` are not there at all, `changed` differ in some
 * column. Takes no lock: whoever writes them afterwards holds one already.
 */
export async function differingRows<Row extends object>(
  em: EntityManager,
  table: BulkTable,
  rows: readonly Row[],
): Promise<{ added: Row[]; changed: Row[] }> {
  if (rows.length === 0) {
    return { added: [], changed: [] };
  }
  const found = await sqlRows<{ position: number; added: boolean }>(em, differenceText(table), [JSON.stringify(rows)]);
  const pick = (added: boolean): Row[] =>
    found.filter((row) => row.added === added).flatMap(({ position }) => rows[position - 1] ?? []);
  return { added: pick(true), changed: pick(false) };
}

function differenceText(table: BulkTable): string {
  const cacheKey = `${table.name} difference`;
  const text = texts.get(cacheKey) ?? buildDifferenceText(table);
  texts.set(cacheKey, text);
  return text;
}

function buildDifferenceText(table: BulkTable): string {
  const columns = Object.keys(table.columns);
  const shape = columns.map((column) => `${quote(column)} ${table.columns[column]}`).join(', ');
  const same = table.key.map((column) => `t.${quote(column)} = r.${quote(column)}`).join(' and ');
  const differs = columns
    .filter((column) => !table.key.includes(column))
    .map((column) => `t.${quote(column)} is distinct from r.${quote(column)}`)
    .join(' or ');
  const [firstKey = ''] = table.key;
  return `select r.position::int as position, t.${quote(firstKey)} is null as added
            from rows from (jsonb_to_recordset($1::jsonb) as (${shape})) with ordinality as r(${columns.map(quote).join(', ')}, position)
            left join ${quote(table.name)} t on ${same}
           where t.${quote(firstKey)} is null or ${differs}
           order by r.position`;
}

/** PostgreSQL's text of a timestamptz, as RFC 3339 in UTC with milliseconds. */
export function isoTime(value: string): string;
export function isoTime(value: string | null): string | null;
export function isoTime(value: string | null): string | null {
  return value === null ? null : new Date(value).toISOString();
}
