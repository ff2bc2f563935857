import type { EntityManager } from '@mikro-orm/postgresql';

import type { PackageStatus } from '@app/catalog';
import { isoTime, sqlRows } from '@app/common';

/** A standing rule as it is shown and decided by; null = any. */
export interface MappingRuleView {
  readonly id: string;
  readonly connectionId: string;
  readonly productId: string;
  readonly productName: string;
  readonly interval: string | null;
  readonly currency: string | null;
  readonly packageId: string;
  readonly packageStatus: PackageStatus;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** Newest first; `before` is the id of the last one shown. */
export interface RuleFilter {
  readonly connectionId: string;
  readonly productId?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

const RULE = `
  select r.id, r.connection_id as "connectionId", r.product_id as "productId", coalesce(d.name, r.product_id) as "productName",
         nullif(r.interval, '') as interval, nullif(r.currency, '') as currency,
         r.package_id as "packageId", k.status as "packageStatus", r.created_at as "createdAt"
    from mapping_rule r
    join package k on k.id = r.package_id
    left join stripe_product d on d.connection_id = r.connection_id and d.id = r.product_id`;

export async function findRule(em: EntityManager, id: string): Promise<MappingRuleView | undefined> {
  const [rule] = await rules(em, `${RULE} where r.id = $1`, [id]);
  return rule;
}

export async function rulesOfProducts(em: EntityManager, connectionId: string, productIds: readonly string[]): Promise<MappingRuleView[]> {
  return rules(em, `${RULE} where r.connection_id = $1 and r.product_id = any($2)`, [connectionId, productIds]);
}

export async function listRules(em: EntityManager, { connectionId, productId, before, limit }: RuleFilter): Promise<MappingRuleView[]> {
  return rules(
    em,
    `${RULE} where r.connection_id = $1 and ($2::text is null or r.product_id = $2) and ($3::text is null or r.id < $3) order by r.id desc limit $4`,
    [connectionId, productId ?? null, before ?? null, limit],
  );
}

async function rules(em: EntityManager, text: string, parameters: readonly unknown[]): Promise<MappingRuleView[]> {
  const rows = await sqlRows<MappingRuleView>(em, text, parameters);
  return rows.map((row) => ({ ...row, createdAt: isoTime(row.createdAt) }));
}
