import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';
import type { GroundMarks } from '@app/sync';

/** Events that were on their way when the marks were set are committed later: so far back of them one looks again. */
const ON_THE_WAY = '1 hour';

/** What an import of connection `$1` decides from, part by part; a digest sums up rows, in whatever order they lie. */
const PARTS: Readonly<Record<GroundPart, readonly string[]>> = {
  settings: ['select status, settings from stripe_connection where id = $1'],
  packages: ['select * from feature', 'select * from package', 'select * from package_feature'],
  mappings: ['select * from price_mapping where connection_id = $1', 'select * from mapping_rule where connection_id = $1'],
  prices: ['select * from stripe_price where connection_id = $1', 'select * from stripe_product where connection_id = $1'],
  users: ['select * from kana_user', 'select * from user_name'],
  links: ['select * from customer_link', 'select * from stripe_customer'],
  subscriptions: ['select * from package_subscription', 'select * from stripe_subscription', 'select * from stripe_subscription_item'],
};

/** Parts of what an import builds on, in the order in which they are told. */
export const GROUND_PARTS = ['settings', 'packages', 'mappings', 'prices', 'users', 'links', 'subscriptions'] as const;
export type GroundPart = (typeof GROUND_PARTS)[number];

const PART = (part: GroundPart): string => `
  select '${part}' as part, count(*) as count, coalesce(sum(digest), 0)::text as digest
    from (${PARTS[part].map((rows) => `select hashtextextended(r::text, 0)::numeric as digest from (${rows}) as r`).join(' union all ')}) as rows`;

const GROUND = GROUND_PARTS.map(PART).join(' union all ');

const EVENTS = `
  select count(*) as count from sync_event
   where connection_id = $1 and received_at > coalesce($2::timestamptz, now()) - interval '${ON_THE_WAY}'`;

/** The marks of everything that an import of this connection would build on now. */
export async function loadGround(em: EntityManager, connectionId: string): Promise<GroundMarks> {
  const rows = await sqlRows<{ part: GroundPart; count: string; digest: string }>(em, GROUND, [connectionId]);
  return Object.fromEntries(rows.map(({ part, count, digest }) => [part, { count: Number(count), digest }]));
}

/**
 * Stripe's events about the connection as a mark: their digest is the time that they are counted from.
 *
 * @param since the mark to compare with; none = a new one
 */
export async function loadEventMark(em: EntityManager, connectionId: string, since?: string): Promise<GroundMarks[string]> {
  const [row] = await sqlRows<{ count: string; at: string }>(em, `select now()::text as at, (${EVENTS}) as count`, [connectionId, since ?? null]);
  return { count: Number(row?.count ?? 0), digest: since ?? row?.at ?? '' };
}
