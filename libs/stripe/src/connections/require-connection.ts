import type { EntityManager, LockMode } from '@mikro-orm/postgresql';

import { connectionNotFound } from './connection.errors.js';
import { StripeConnection } from './stripe-connection.entity.js';

/** @throws KanaError connection_not_found */
export async function requireConnection(em: EntityManager, id: string, lockMode?: LockMode.PESSIMISTIC_WRITE): Promise<StripeConnection> {
  // A worker lives long, and so does its entity manager: settings and keys are changed by the api meanwhile.
  const connection = await em.findOne(StripeConnection, { id }, { refresh: true, lockMode });
  if (connection === null) {
    throw connectionNotFound(id);
  }
  return connection;
}
