import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';

import { connectionNotFound } from './connection.errors.js';
import type { ConnectionSettings } from './stripe-connection.entity.js';

/**
 * A connection's settings as they stand now, held so until the transaction ends: who changes them meanwhile waits, and
 * then finds every subscription that was projected under the old ones.
 *
 * @throws KanaError connection_not_found
 */
export async function lockSettings(em: EntityManager, connectionId: string): Promise<ConnectionSettings> {
  const [row] = await sqlRows<{ settings: ConnectionSettings }>(em, `select settings from stripe_connection where id = $1 for share`, [connectionId]);
  if (row === undefined) {
    throw connectionNotFound(connectionId);
  }
  return row.settings;
}
