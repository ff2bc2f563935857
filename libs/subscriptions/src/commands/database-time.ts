import type { EntityManager } from '@mikro-orm/postgresql';

import { isoTime, sqlRows } from '@app/common';

/** When the transaction began, RFC 3339: by the one clock that all processes share. */
export async function databaseTime(em: EntityManager): Promise<string> {
  const [row] = await sqlRows<{ at: string }>(em, 'select now() as at', []);
  return isoTime(row?.at ?? '');
}
