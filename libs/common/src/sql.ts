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

type OnConflict = 'update' | 'nothing' | 'fail';

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
  const target = `on conflict (${table.key.map(quote).join(', ')})`;
  const updated = columns.filter((column) => !table.key.includes(column));
  return onConflict === 'nothing' || updated.length === 0
    ? `${insert} ${target} do nothing`
    : `${insert} ${target} do update set ${updated.map((column) => `${quote(column)} = excluded.${quote(column)}`).join(', ')}`;
}

function quote(identifier: string): string {
  return `"${identifier}"`;
}

/** PostgreSQL's text of a timestamptz, as RFC 3339 in UTC with milliseconds. */
export function isoTime(value: string): string;
export function isoTime(value: string | null): string | null;
export function isoTime(value: string | null): string | null {
  return value === null ? null : new Date(value).toISOString();
}
