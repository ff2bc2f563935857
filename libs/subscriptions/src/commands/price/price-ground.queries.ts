import type { EntityManager } from '@mikro-orm/postgresql';

import type { PackageStatus } from '@app/catalog';
import { sqlRows } from '@app/common';
import { rulesOfProducts } from '@app/mapping';

import type { AskedPrice, PriceGround } from './new-price.types.js';

/** More than anybody would choose from. */
const MOST_PRODUCTS = 50;

/** Takes the package until the end of the transaction, so that its prices are decided on, and leave, one after the other. */
export async function lockPackage(em: EntityManager, packageId: string): Promise<void> {
  await sqlRows(em, `select id from package where id = $1 for no key update`, [packageId]);
}

/** Under a lock on the package where there is a transaction: it is archived before, or after. */
export async function loadPriceGround(em: EntityManager, connectionId: string, { packageId, productId }: AskedPrice): Promise<PriceGround> {
  const [wanted] = await sqlRows<{ name: string; status: PackageStatus }>(em, `select name, status from package where id = $1 for share`, [packageId]);
  const [state] = await sqlRows<{ connected: boolean }>(em, `select exists (select 1 from stripe_connection where id = $1 and status = 'CONNECTED') as connected`, [connectionId]);
  const [named] = await sqlRows<{ deleted: boolean }>(em, `select deleted from stripe_product where connection_id = $1 and id = $2`, [connectionId, productId]);
  const own = await sqlRows<{ id: string }>(em, OWN_PRODUCTS, [connectionId, packageId]);
  const ownProducts = own.map(({ id }) => id);
  const rules = await rulesOfProducts(em, connectionId, productId === null ? ownProducts : [productId]);
  return { isConnected: state?.connected ?? false, wanted: wanted ?? null, named: named ?? null, ownProducts, rules };
}

/** One that is archived in Stripe is not sold any more: a price of it would be of no use. */
const OWN_PRODUCTS = `
  select distinct d.id
    from price_mapping m
    join stripe_price p on p.connection_id = m.connection_id and p.id = m.price_id
    join stripe_product d on d.connection_id = p.connection_id and d.id = p.product_id
   where m.connection_id = $1 and m.package_id = $2 and not p.deleted and d.active and not d.deleted
   order by d.id limit ${MOST_PRODUCTS}`;
