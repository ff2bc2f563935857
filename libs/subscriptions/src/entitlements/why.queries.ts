import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows } from '@app/common';

import type { SubscriptionSource, SubscriptionStatus } from '../subscription.types.js';

/** A package subscription with what it comes from; times are PostgreSQL's text. */
export interface EvidenceRow {
  readonly userKey: string;
  readonly id: string;
  readonly packageId: string;
  readonly packageName: string;
  readonly status: SubscriptionStatus;
  readonly source: SubscriptionSource;
  readonly quantity: string | null;
  readonly givesAccess: boolean;
  readonly accessUntil: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly pauseBehavior: string | null;
  /** The API key that made a manual one. */
  readonly createdBy: string | null;
  readonly connectionId: string | null;
  readonly stripeSubscriptionId: string | null;
  readonly stripeStatus: string | null;
  readonly stripeItemId: string | null;
  readonly stripePriceId: string | null;
  readonly customerId: string | null;
  readonly matchedBy: string | null;
  readonly matchedAt: string | null;
  readonly nickname: string | null;
  readonly productId: string | null;
  readonly productName: string | null;
  readonly mappedPackageId: string | null;
  readonly mappedBy: string | null;
  readonly mappedAt: string | null;
}

export interface ParkedRow {
  readonly userKey: string;
  readonly parkedReason: string;
  readonly connectionId: string;
  readonly customerId: string;
  readonly subscriptionId: string;
  readonly stripeStatus: string;
  readonly itemId: string;
  readonly priceId: string;
  readonly nickname: string | null;
  readonly productId: string | null;
  readonly productName: string | null;
  readonly mappedPackageId: string | null;
}

export interface CustomerRow {
  readonly userKey: string;
  readonly connectionId: string;
  readonly customerId: string;
  readonly matchedBy: string;
  readonly matchedAt: string;
}

/** All that an explanation draws on. */
export interface Evidence {
  readonly subscriptions: readonly EvidenceRow[];
  readonly parked: readonly ParkedRow[];
  readonly customers: readonly CustomerRow[];
}

const SUBSCRIPTIONS = `
select s.user_key as "userKey", s.id, s.package_id as "packageId", p.name as "packageName", s.status, s.source, s.quantity,
  s.gives_access as "givesAccess", s.access_until as "accessUntil", s.started_at as "startedAt", s.ended_at as "endedAt",
  s.pause_behavior as "pauseBehavior", s.created_by as "createdBy", s.connection_id as "connectionId", s.stripe_subscription_id as "stripeSubscriptionId",
  s.stripe_status as "stripeStatus", s.stripe_item_id as "stripeItemId", s.stripe_price_id as "stripePriceId",
  stripe.customer_id as "customerId", link.matched_by as "matchedBy", link.matched_at as "matchedAt",
  price.nickname, price.product_id as "productId", product.name as "productName",
  mapping.package_id as "mappedPackageId", mapping.mapped_by as "mappedBy", mapping.mapped_at as "mappedAt"
from unnest($1::text[]) as asked(user_key)
cross join lateral (
  (select * from package_subscription where user_key = asked.user_key and ended_at is null)
  union all
  (select * from package_subscription where user_key = asked.user_key and ended_at is not null
   order by ended_at desc, id limit 20)
) as s
join package p on p.id = s.package_id
left join stripe_subscription stripe on stripe.connection_id = s.connection_id and stripe.id = s.stripe_subscription_id
left join customer_link link on link.connection_id = stripe.connection_id and link.customer_id = stripe.customer_id
left join stripe_price price on price.connection_id = s.connection_id and price.id = s.stripe_price_id
left join stripe_product product on product.connection_id = price.connection_id and product.id = price.product_id
left join price_mapping mapping on mapping.connection_id = s.connection_id and mapping.price_id = s.stripe_price_id
order by s.ended_at desc nulls first, s.started_at, s.id`;

const PARKED = `
select link.user_key as "userKey", item.parked_reason as "parkedReason", item.connection_id as "connectionId",
  link.customer_id as "customerId", stripe.id as "subscriptionId", stripe.status as "stripeStatus", item.id as "itemId",
  item.price_id as "priceId", price.nickname, item.product_id as "productId", product.name as "productName",
  mapping.package_id as "mappedPackageId"
from customer_link link
join stripe_subscription stripe on stripe.connection_id = link.connection_id and stripe.customer_id = link.customer_id and stripe.live
join stripe_subscription_item item on item.connection_id = stripe.connection_id and item.subscription_id = stripe.id
  and item.parked_reason is not null
left join stripe_price price on price.connection_id = item.connection_id and price.id = item.price_id
left join stripe_product product on product.connection_id = item.connection_id and product.id = item.product_id
left join price_mapping mapping on mapping.connection_id = item.connection_id and mapping.price_id = item.price_id
where link.user_key = any($1::text[])
order by item.created_at, item.id`;

const CUSTOMERS = `
select user_key as "userKey", connection_id as "connectionId", customer_id as "customerId", matched_by as "matchedBy", matched_at as "matchedAt"
from customer_link where user_key = any($1::text[]) order by matched_at, connection_id, customer_id`;

/** Reads what explains answers (rule E3): three statements, for one user or a hundred. */
@Injectable()
export class WhyQueries {
  constructor(private readonly em: EntityManager) {}

  async evidence(userKeys: readonly string[]): Promise<Map<string, Evidence>> {
    if (userKeys.length === 0) {
      return new Map();
    }
    const em = this.em.fork();
    const keys = [[...userKeys]];
    const subscriptions = Map.groupBy(await sqlRows<EvidenceRow>(em, SUBSCRIPTIONS, keys), ({ userKey }) => userKey);
    const parked = Map.groupBy(await sqlRows<ParkedRow>(em, PARKED, keys), ({ userKey }) => userKey);
    const customers = Map.groupBy(await sqlRows<CustomerRow>(em, CUSTOMERS, keys), ({ userKey }) => userKey);
    return new Map(
      userKeys.map((key) => [
        key,
        { subscriptions: subscriptions.get(key) ?? [], parked: parked.get(key) ?? [], customers: customers.get(key) ?? [] },
      ]),
    );
  }
}
