import type { EntityManager } from '@mikro-orm/postgresql';

import { type SqlRow, sqlRows, sqlWrite } from '../sql.js';
import { type BulkTable, columnArrays } from './column-arrays.js';

/** `nothing`: the key is there already; `skip`: any unique index refuses the row. */
type OnConflict = 'update' | 'nothing' | 'skip' | 'fail';

/**
 * Writes any number of rows in one statement: they travel as one parameter for each column, so the statement's text is the
 * same for 1 and for 10,000. Rows are objects by column name; a missing member is NULL.
 * The order of `rows` is the order in which locks are taken: sort by key.
 */
export async function writeRows(
  em: EntityManager,
  table: BulkTable,
  rows: readonly object[],
  onConflict: OnConflict = 'fail',
): Promise<number> {
  return rows.length === 0 ? 0 : sqlWrite(em, insertText(table, onConflict), valuesOf(table, rows));
}

/** As `writeRows`, for rows whose key may be there already: those stay. Gives the rows that were added. */
export async function addRows<Row extends SqlRow>(em: EntityManager, table: BulkTable, rows: readonly Row[]): Promise<Row[]> {
  if (rows.length === 0) {
    return [];
  }
  const added = await sqlRows(em, `${insertText(table, 'nothing')} returning ${table.key.map(quote).join(', ')}`, valuesOf(table, rows));
  const keyOf = (row: SqlRow): string => JSON.stringify(table.key.map((column) => row[column]));
  const keys = new Set(added.map(keyOf));
  return rows.filter((row) => keys.has(keyOf(row)));
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
  const set = beside(table.key, columns).map((column) => `${quote(column)} = r.${quote(column)}`).join(', ');
  const text = `update ${quote(table.name)} t set ${set} from ${unnested(table, columns)} where ${sameKey(table)}`;
  return sqlWrite(em, text, columnArrays(table, columns, rows));
}

/** Rows of a table that were not there at all, and those that differed in some column. */
export interface Differing<Row> {
  readonly added: Row[];
  readonly changed: Row[];
}

/**
 * Of these rows, those that the table does not hold just so. Takes no lock: whoever writes them afterwards holds one already.
 */
export async function differingRows<Row extends object>(em: EntityManager, table: BulkTable, rows: readonly Row[]): Promise<Differing<Row>> {
  return findDiffering(em, table, rows, differenceText(table));
}

/**
 * Writes those of these rows that the table does not hold just so, and gives them; the others are not touched. The caller
 * holds a lock on all of them.
 */
export async function writeDifferingRows<Row extends object>(em: EntityManager, table: BulkTable, rows: readonly Row[]): Promise<Differing<Row>> {
  return findDiffering(em, table, rows, writeDifferenceText(table));
}

async function findDiffering<Row extends object>(em: EntityManager, table: BulkTable, rows: readonly Row[], text: string): Promise<Differing<Row>> {
  if (rows.length === 0) {
    return { added: [], changed: [] };
  }
  const found = await sqlRows<{ position: number; added: boolean }>(em, text, valuesOf(table, rows));
  const pick = (added: boolean): Row[] =>
    found.filter((row) => row.added === added).flatMap(({ position }) => rows[position - 1] ?? []);
  return { added: pick(true), changed: pick(false) };
}

const insertText = kept((table, onConflict: OnConflict) => {
  const names = namesOf(table);
  return `insert into ${quote(table.name)} (${names}) select ${names} from ${unnested(table, columnsOf(table))}${conflictClause(table, onConflict)}`;
});

const differenceText = kept((table) => `${difference(table, 'r.position::int as position')} order by r.position`);

const writeDifferenceText = kept((table) => {
  const names = namesOf(table);
  return `with differing as materialized (${difference(table, `${columnsOf(table).map((column) => `r.${quote(column)}`).join(', ')}, r.position`)}),
               written as (insert into ${quote(table.name)} (${names}) select ${names} from differing order by position${conflictClause(table, 'update')})
          select position::int as position, added from differing order by position`;
});

/** The rows that differ; what is selected of them, and whether they are `added`. */
function difference(table: BulkTable, selected: string): string {
  const columns = columnsOf(table);
  const differs = beside(table.key, columns).map((column) => `t.${quote(column)} is distinct from r.${quote(column)}`).join(' or ');
  const isAdded = `t.${quote(table.key[0] ?? '')} is null`;
  return `select ${selected}, ${isAdded} as added
            from unnest(${placeholders(table, columns)}) with ordinality as r(${namesOf(table)}, position)
            left join ${quote(table.name)} t on ${sameKey(table)}
           where ${isAdded}${differs === '' ? '' : ` or ${differs}`}`;
}

function conflictClause(table: BulkTable, onConflict: OnConflict): string {
  if (onConflict === 'fail') {
    return '';
  }
  if (onConflict === 'skip') {
    return ' on conflict do nothing';
  }
  const target = ` on conflict (${table.key.map(quote).join(', ')})`;
  const updated = beside(table.key, columnsOf(table));
  return onConflict === 'nothing' || updated.length === 0
    ? `${target} do nothing`
    : `${target} do update set ${updated.map((column) => `${quote(column)} = excluded.${quote(column)}`).join(', ')}`;
}

function unnested(table: BulkTable, columns: readonly string[]): string {
  return `unnest(${placeholders(table, columns)}) as r(${columns.map(quote).join(', ')})`;
}

function placeholders(table: BulkTable, columns: readonly string[]): string {
  return columns.map((column, index) => `$${index + 1}::${table.columns[column]}[]`).join(', ');
}

function sameKey({ key }: BulkTable): string {
  return key.map((column) => `t.${quote(column)} = r.${quote(column)}`).join(' and ');
}

function valuesOf(table: BulkTable, rows: readonly object[]): string[] {
  return columnArrays(table, columnsOf(table), rows);
}

function columnsOf(table: BulkTable): string[] {
  return Object.keys(table.columns);
}

function namesOf(table: BulkTable): string {
  return columnsOf(table).map(quote).join(', ');
}

function beside(key: readonly string[], columns: readonly string[]): string[] {
  return columns.filter((column) => !key.includes(column));
}

function quote(identifier: string): string {
  return `"${identifier}"`;
}

/** Statements are long to build and always the same. */
function kept<Rest extends readonly string[]>(build: (table: BulkTable, ...rest: Rest) => string): (table: BulkTable, ...rest: Rest) => string {
  const texts = new Map<string, string>();
  return (table, ...rest) => {
    const name = [table.name, ...rest].join(' ');
    const text = texts.get(name) ?? build(table, ...rest);
    texts.set(name, text);
    return text;
  };
}
