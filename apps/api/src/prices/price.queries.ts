import { displayAmount, isoTime, sqlRows } from '@app/common';
import { type ItemGroup, type MappedBy, type PricedTermsRow, sumMonthly, toPricedTerms } from '@app/mapping';
import { priceNotFound } from '@app/subscriptions';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { PriceDto, PriceState } from './price.dto.js';

interface PriceRow extends PricedTermsRow {
  id: string;
  connection_id: string;
  product_id: string;
  product_name: string | null;
  base_package_id: string | null;
  nickname: string | null;
  currency: string;
  unit_amount: string | null;
  unit_amount_decimal: string | null;
  active: boolean;
  state: PriceState;
  ignored_reason: string | null;
  package_id: string | null;
  mapped_by: MappedBy | null;
  mapped_at: string | null;
  mapping_revision: number | null;
}

interface WaitingRow {
  price_id: string;
  subscriptions: number;
  users: number;
  groups: ItemGroup[];
}

/** What is known of the prices of a product together. */
interface ProductRow {
  product_id: string;
  prices: number;
  unmapped: number;
  /** Whether a mapping rule is for all of them. */
  ruled: boolean;
}

/** From how many prices of a product on a mapping rule is offered (rule M7a). */
const MANY_PRICES = 5;

export interface PriceFilter {
  connectionId: string;
  state?: PriceState;
  q?: string;
  /** Product name and price id of the last one shown. */
  after?: readonly [string, string];
  limit: number;
}

const COLUMNS = `
  p.*, d.name as product_name, d.base_package_id, m.package_id, m.mapped_by, m.mapped_at, m.revision as mapping_revision,
  case when m.package_id is not null then 'MAPPED'
       when p.type = 'one_time' then 'ONE_OFF'
       when p.ignored_at is not null then 'IGNORED'
       else 'UNMAPPED' end as state`;

const TABLES = `
  stripe_price p
  left join stripe_product d on d.connection_id = p.connection_id and d.id = p.product_id
  left join price_mapping m on m.connection_id = p.connection_id and m.price_id = p.id`;

/** Stripe's prices with their mapping and what waits on them (rule M4). */
@Injectable()
export class PriceQueries {
  constructor(private readonly em: EntityManager) {}

  /** By product name, then price id; three statements for a page of any size. */
  async list(filter: PriceFilter): Promise<PriceDto[]> {
    const [afterName = null, afterId = null] = filter.after ?? [];
    const rows = await sqlRows<PriceRow>(
      this.em,
      `select * from (select ${COLUMNS} from ${TABLES} where p.connection_id = $1) as price
        where ($2::text is null or state = $2)
          and ($3::text is null or strpos(lower(concat_ws(' ', id, nickname, product_id, product_name)), lower($3)) > 0)
          and ($4::text is null or (coalesce(product_name, product_id), id) > ($4, $5::text))
        order by coalesce(product_name, product_id), id
        limit $6`,
      [filter.connectionId, filter.state ?? null, filter.q ?? null, afterName, afterId, filter.limit],
    );
    return this.withTotals(filter.connectionId, rows);
  }

  /** @throws KanaError price_not_found */
  async get(connectionId: string, priceId: string): Promise<PriceDto> {
    const rows = await sqlRows<PriceRow>(this.em, `select ${COLUMNS} from ${TABLES} where p.connection_id = $1 and p.id = $2`, [connectionId, priceId]);
    const [price] = await this.withTotals(connectionId, rows);
    if (price === undefined) {
      throw priceNotFound(priceId);
    }
    return price;
  }

  private async withTotals(connectionId: string, rows: readonly PriceRow[]): Promise<PriceDto[]> {
    const waiting = await sqlRows<WaitingRow>(this.em, WAITING, [connectionId, rows.map(({ id }) => id)]);
    const products = await sqlRows<ProductRow>(this.em, PRODUCTS, [connectionId, [...new Set(rows.map((row) => row.product_id))]]);
    const byPrice = new Map(waiting.map((row) => [row.price_id, row]));
    const byProduct = new Map(products.map((row) => [row.product_id, row]));
    return rows.map((row) => toPrice(row, byPrice.get(row.id), byProduct.get(row.product_id)));
  }
}

const WAITING = `
  with item as (
    select i.price_id, i.quantity, s.currency, s.id as subscription_id, l.user_key
      from stripe_subscription_item i
      join stripe_subscription s on s.connection_id = i.connection_id and s.id = i.subscription_id
      left join customer_link l on l.connection_id = s.connection_id and l.customer_id = s.customer_id
     where i.connection_id = $1 and i.price_id = any($2) and s.live
       and i.parked_reason in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED')
  ), grouped as (
    select price_id, quantity, currency, count(*)::int as items from item group by price_id, quantity, currency
  )
  select t.price_id, t.subscriptions, t.users,
         (select json_agg(json_build_object('quantity', g.quantity, 'currency', g.currency, 'items', g.items))
            from grouped g where g.price_id = t.price_id) as groups
    from (select price_id, count(distinct subscription_id)::int as subscriptions, count(distinct user_key)::int as users
            from item group by price_id) as t`;

const PRODUCTS = `
  select p.product_id, count(*)::int as prices,
         (count(*) filter (where m.price_id is null and p.ignored_at is null))::int as unmapped,
         exists (select 1 from mapping_rule r
                  where r.connection_id = $1 and r.product_id = p.product_id and r.interval = '' and r.currency = '') as ruled
    from stripe_price p
    left join price_mapping m on m.connection_id = p.connection_id and m.price_id = p.id
   where p.connection_id = $1 and p.product_id = any($2) and p.type = 'recurring'
   group by p.product_id`;

function toPrice(row: PriceRow, waiting: WaitingRow | undefined, ofProduct: ProductRow | undefined): PriceDto {
  const perUnit = row.unit_amount ?? row.unit_amount_decimal;
  return {
    id: row.id,
    connectionId: row.connection_id,
    product: { id: row.product_id, name: row.product_name ?? row.product_id, basePackageId: row.base_package_id, ...totalsOf(ofProduct) },
    nickname: row.nickname,
    currency: row.currency,
    unitAmount: row.unit_amount === null ? null : Number(row.unit_amount),
    unitAmountDecimal: row.unit_amount_decimal,
    displayAmount: perUnit === null ? null : displayAmount(perUnit, row.currency),
    interval: row.interval,
    intervalCount: row.interval_count,
    billingScheme: row.billing_scheme,
    tiersMode: row.tiers_mode,
    usageType: row.usage_type,
    active: row.active,
    state: row.state,
    ignoredReason: row.ignored_reason,
    mapping: row.package_id === null || row.mapped_at === null ? null : { packageId: row.package_id, mappedBy: row.mapped_by ?? 'USER', mappedAt: isoTime(row.mapped_at), revision: row.mapping_revision ?? 0 },
    waiting: { subscriptions: waiting?.subscriptions ?? 0, users: waiting?.users ?? 0, ...sumMonthly(toPricedTerms(row), waiting?.groups ?? []) },
  };
}

function totalsOf(product: ProductRow | undefined): Pick<PriceDto['product'], 'prices' | 'ruleSuggested'> {
  if (product === undefined) {
    return { prices: 0, ruleSuggested: false };
  }
  const { prices, unmapped, ruled } = product;
  return { prices, ruleSuggested: prices >= MANY_PRICES && unmapped > 0 && !ruled };
}
