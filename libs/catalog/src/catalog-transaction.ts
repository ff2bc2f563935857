import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';

/** "kana" and a number, as PostgreSQL's advisory locks want it. */
const CATALOG_LOCK = 0x6b_61_6e_61_01;

/**
 * Runs a catalog command in a transaction: its own, or the one that its entity manager is in, where it is a part of a
 * larger act. Commands look at several packages at once (rule E2) and are rare: they take their turns, so that each sees
 * all that the one before it did.
 */
export function inCatalogTransaction<Result>(em: EntityManager, work: (tx: EntityManager) => Promise<Result>): Promise<Result> {
  const inTurn = async (tx: EntityManager): Promise<Result> => {
    await sqlRows(tx, 'select pg_advisory_xact_lock($1)', [CATALOG_LOCK]);
    return work(tx);
  };
  return em.isInTransaction() ? inTurn(em) : em.fork().transactional(inTurn);
}
