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

/** `2026-11-28 10:00:00.125+00`, as PostgreSQL writes it where the session's zone is UTC. */
const UTC_TEXT = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00$/;

/** PostgreSQL's text of a timestamptz, as RFC 3339 in UTC with milliseconds. */
export function isoTime(value: string): string;
export function isoTime(value: string | null): string | null;
export function isoTime(value: string | null): string | null {
  if (value === null) {
    return null;
  }
  // A page of an import reads thousands of them, and a Date takes ten times as long.
  return UTC_TEXT.test(value) ? `${value.slice(0, 10)}T${value.slice(11, 19)}.${value.slice(20, -3).slice(0, 3).padEnd(3, '0')}Z` : new Date(value).toISOString();
}
