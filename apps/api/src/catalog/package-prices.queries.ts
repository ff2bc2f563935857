import { displayAmount, sqlRows } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { PackagePriceDto } from './package.dto.js';

interface PriceRow {
  readonly packageId: string;
  readonly connectionId: string;
  readonly id: string;
  readonly productId: string;
  readonly productName: string | null;
  readonly nickname: string | null;
  readonly currency: string;
  readonly unitAmount: string | null;
  readonly unitAmountDecimal: string | null;
  readonly billingScheme: string;
  readonly tiersMode: string | null;
  readonly usageType: string | null;
  readonly interval: string | null;
  readonly intervalCount: number | null;
  readonly active: boolean;
}

const PACKAGE_PRICES = `
select mapping.package_id as "packageId", price.connection_id as "connectionId", price.id, price.product_id as "productId",
  product.name as "productName", price.nickname, price.currency, price.unit_amount as "unitAmount",
  price.unit_amount_decimal as "unitAmountDecimal", price.billing_scheme as "billingScheme", price.tiers_mode as "tiersMode",
  price.usage_type as "usageType", price.interval, price.interval_count as "intervalCount", price.active
from price_mapping mapping
join stripe_price price on price.connection_id = mapping.connection_id and price.id = mapping.price_id
left join stripe_product product on product.connection_id = price.connection_id and product.id = price.product_id
where mapping.package_id = any($1::text[])
order by price.created_at, price.connection_id, price.id`;

/** Every Stripe price that is mapped to a package (rule C5). */
@Injectable()
export class PackagePricesQueries {
  constructor(private readonly em: EntityManager) {}

  /** In one statement for any number of packages; a package without prices is missing from the result. */
  async byPackage(packageIds: readonly string[]): Promise<Map<string, PackagePriceDto[]>> {
    const rows = await sqlRows<PriceRow>(this.em, PACKAGE_PRICES, [[...packageIds]]);
    const grouped = Map.groupBy(rows, ({ packageId }) => packageId);
    return new Map([...grouped].map(([packageId, prices]) => [packageId, prices.map(toPackagePrice)]));
  }
}

/** An amount is one number of minor units; a tiered price has none, and a decimal one has only its decimal text. */
function toPackagePrice(row: PriceRow): PackagePriceDto {
  const shown = row.unitAmount ?? row.unitAmountDecimal;
  return {
    id: row.id,
    provider: 'STRIPE',
    connectionId: row.connectionId,
    product: { id: row.productId, name: row.productName },
    nickname: row.nickname,
    active: row.active,
    amount: row.unitAmount === null ? null : { amount: Number(row.unitAmount), currency: row.currency },
    unitAmountDecimal: row.unitAmountDecimal,
    displayAmount: shown === null ? null : displayAmount(shown, row.currency),
    currency: row.currency,
    interval: row.interval,
    intervalCount: row.intervalCount,
    billingScheme: row.billingScheme,
    tiersMode: row.tiersMode,
    usageType: row.usageType,
  };
}
