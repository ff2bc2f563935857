import type { EntityManager } from '@mikro-orm/postgresql';

import { savepointWithRetry, sqlState } from './transaction.js';

/** PostgreSQL's classes of errors that lie in the data: bad values, and what a constraint refuses. */
const DATA_ERROR = /^(?:22|23)/;

/** What is done with a set, and with the one member that cannot be done. */
export interface HalvesWork<Item> {
  apply(em: EntityManager, items: readonly Item[]): Promise<void>;
  refuse(em: EntityManager, item: Item, error: unknown): Promise<void>;
}

/**
 * Applies a set inside a transaction under way. Where a record breaks it, the set is halved, each half behind a savepoint,
 * until the bad one stands alone; that one is refused, and the others go ahead. Gives the number of parts that it took.
 */
export async function applyByHalves<Item>(em: EntityManager, items: readonly Item[], work: HalvesWork<Item>): Promise<number> {
  const [first] = items;
  if (first === undefined) {
    return 0;
  }
  try {
    await savepointWithRetry(em, (part) => work.apply(part, items));
    return 1;
  } catch (error) {
    if (!DATA_ERROR.test(sqlState(error) ?? '')) {
      throw error;
    }
    if (items.length === 1) {
      await work.refuse(em, first, error);
      return 1;
    }
  }
  const middle = Math.ceil(items.length / 2);
  const head = await applyByHalves(em, items.slice(0, middle), work);
  return head + (await applyByHalves(em, items.slice(middle), work));
}
