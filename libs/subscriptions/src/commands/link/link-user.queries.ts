import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';

import type { LinkUser } from './link.types.js';

/** What a Checkout session can carry (`client_reference_id`). */
const LONGEST_REFERENCE = 200;

/** By its id, or by an alias where that one is too long. */
export async function loadLinkUser(em: EntityManager, userKey: string): Promise<LinkUser> {
  const [row] = await sqlRows<LinkUser>(
    em,
    `select u.email, (select n.name from user_name n where n.user_key = u.key and length(n.name) <= $2 order by n.kind <> 'ID', n.name limit 1) as reference
       from kana_user u where u.key = $1`,
    [userKey, LONGEST_REFERENCE],
  );
  return row ?? { reference: null, email: null };
}
