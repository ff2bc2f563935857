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

/** PostgreSQL's text of a timestamptz, as RFC 3339 in UTC with milliseconds. */
export function isoTime(value: string): string;
export function isoTime(value: string | null): string | null;
export function isoTime(value: string | null): string | null {
  return value === null ? null : new Date(value).toISOString();
}
