import type { EntityManager } from '@mikro-orm/postgresql';

const ATTEMPTS = 6;
/**
 * deadlock_detected, serialization_failure, unique_violation and foreign_key_violation: somebody else was first (made the
 * same, or took away what this refers to), so a second look decides anew.
 */
const RETRYABLE = new Set(['40P01', '40001', '23505', '23503']);

/**
 * Runs the work in a transaction of its own, again from its beginning when it collided with another one. The work
 * must therefore only write to the database: no HTTP, no queue.
 */
export async function transactionWithRetry<Result>(
  em: EntityManager,
  work: (transaction: EntityManager) => Promise<Result>,
): Promise<Result> {
  return retried(() => em.fork().transactional(work));
}

/** As `transactionWithRetry`, inside a transaction under way: work that fails leaves the rest of it as it was. */
export async function savepointWithRetry<Result>(
  em: EntityManager,
  work: (transaction: EntityManager) => Promise<Result>,
): Promise<Result> {
  return retried(() => em.transactional(work));
}

async function retried<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === ATTEMPTS || !RETRYABLE.has(sqlState(error) ?? '')) {
        throw error;
      }
    }
  }
}

/** PostgreSQL's five-character code of an error, also where the ORM has wrapped it; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  if ('code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)) {
    return error.code;
  }
  return sqlState(error.cause);
}
