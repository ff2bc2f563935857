import type { EntityManager } from '@mikro-orm/postgresql';

import type { PackageStatus } from '@app/catalog';
import { sqlRows } from '@app/common';

import { type PriceResolution, resolvePrice } from './resolve-price.js';

interface ResolutionRow {
  id: string;
  ignored: boolean;
  base_package_id: string | null;
  package_id: string | null;
  package_status: PackageStatus | null;
}

/** What each price of a page stands for, and the whole-subscription package that its product names (rule M3). */
export interface ResolvedPrices {
  readonly byPrice: ReadonlyMap<string, PriceResolution>;
  readonly basePackageByPrice: ReadonlyMap<string, string>;
}

/**
 * Resolves prices as they stand now and holds them so until the transaction ends: a mapping, a publishing or the naming
 * of a base package that starts meanwhile waits, so it finds every item that was decided before it.
 */
export async function lockAndResolvePrices(
  em: EntityManager,
  connectionId: string,
  priceIds: readonly string[],
): Promise<ResolvedPrices> {
  await sqlRows(em, `select id from stripe_price where connection_id = $1 and id = any($2) order by id for share`, [connectionId, priceIds]);
  await sqlRows(
    em,
    `select d.id from stripe_product d
      where d.connection_id = $1 and d.id in (select product_id from stripe_price where connection_id = $1 and id = any($2))
      order by d.id for share`,
    [connectionId, priceIds],
  );
  await sqlRows(
    em,
    `select k.id from package k
      where k.id in (select package_id from price_mapping where connection_id = $1 and price_id = any($2))
      order by k.id for share`,
    [connectionId, priceIds],
  );
  const rows = await sqlRows<ResolutionRow>(
    em,
    `select p.id, p.ignored_at is not null as ignored, d.base_package_id, m.package_id, k.status as package_status
       from stripe_price p
       left join stripe_product d on d.connection_id = p.connection_id and d.id = p.product_id
       left join price_mapping m on m.connection_id = p.connection_id and m.price_id = p.id
       left join package k on k.id = m.package_id
      where p.connection_id = $1 and p.id = any($2)`,
    [connectionId, priceIds],
  );
  return {
    byPrice: new Map(rows.map((row) => [row.id, resolvePrice({ ignored: row.ignored, mapping: mappingOf(row) })])),
    basePackageByPrice: new Map(rows.flatMap((row) => (row.base_package_id === null ? [] : [[row.id, row.base_package_id]]))),
  };
}

function mappingOf(row: ResolutionRow): { packageId: string; packageStatus: PackageStatus } | null {
  return row.package_id === null || row.package_status === null
    ? null
    : { packageId: row.package_id, packageStatus: row.package_status };
}
