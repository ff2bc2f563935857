import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { assertNever, sqlRows } from '@app/common';
import { type ItemGroup, type MonthlyMoney, type PricedTermsRow, sumMonthly, toPricedTerms } from '@app/mapping';
import type { SyncIssue } from '@app/sync';

/** What an issue is about, as a person knows it, and what it touches now. */
export interface IssueConcern {
  /** null = nothing is known of it but its id. */
  readonly name: string | null;
  readonly subscriptions: number;
  readonly users: number;
  /** Of a price: the money behind what waits on it. */
  readonly money: MonthlyMoney | null;
}

interface ConcernRow {
  id: string;
  name: string | null;
  subscriptions: number;
  users: number;
  terms: PricedTermsRow | null;
  groups: ItemGroup[] | null;
}

type Basis = 'WAITING' | 'PRICE' | 'PRODUCT' | 'PACKAGE' | 'CUSTOMER' | 'SUBSCRIPTION' | 'USER' | 'RUN';

export type IssueFacts = Pick<SyncIssue, 'id' | 'connectionId' | 'subjectType' | 'subjectId' | 'evidence'>;

/** Counts what issues touch when somebody asks: it changes by the hour, and nobody keeps it. */
@Injectable()
export class IssueImpactQueries {
  constructor(private readonly em: EntityManager) {}

  /** By the issues' ids; one statement, however many they are. */
  async of(issues: readonly IssueFacts[]): Promise<Map<string, IssueConcern>> {
    const asked = issues.flatMap(toAsked);
    const rows = asked.length === 0 ? [] : await sqlRows<ConcernRow>(this.em, CONCERNS, [JSON.stringify(asked)]);
    return new Map(rows.map((row) => [row.id, toConcern(row)]));
  }
}

function toAsked({ id, connectionId, subjectType, subjectId, evidence }: IssueFacts): { id: string; connection_id: string; basis: Basis; subject: string }[] {
  const ask = (basis: Basis, subject: string) => [{ id, connection_id: connectionId, basis, subject }];
  switch (subjectType) {
    case 'PRICE':
      return ask('WAITING', subjectId);
    case 'COMMAND':
    case 'EVENT': {
      const { objectType, objectId } = evidence;
      const basis = (['SUBSCRIPTION', 'CUSTOMER', 'PRICE', 'PRODUCT'] as const).find((each) => each === objectType);
      return basis === undefined || typeof objectId !== 'string' ? [] : ask(basis, objectId);
    }
    case 'PACKAGE':
    case 'CUSTOMER':
    case 'SUBSCRIPTION':
    case 'USER':
    case 'RUN':
      return ask(subjectType, subjectId);
    default:
      return assertNever(subjectType);
  }
}

function toConcern({ name, subscriptions, users, terms, groups }: ConcernRow): IssueConcern {
  return { name, subscriptions, users, money: terms === null ? null : sumMonthly(toPricedTerms(terms), groups ?? []) };
}

/** Live subscriptions of a customer or with a price; of a package what came in after it was archived; of a user what gives access; of a reconciliation what it holds back. */
const CONCERNS = `
  with asked as (
    select * from jsonb_to_recordset($1::jsonb) as a(id text, connection_id text, basis text, subject text)
  ), item as (
    select a.id, s.connection_id, s.id as subscription_id, s.customer_id, i.quantity, s.currency, a.basis
      from asked a
      join stripe_subscription_item i on i.connection_id = a.connection_id and i.price_id = a.subject
      join stripe_subscription s on s.connection_id = i.connection_id and s.id = i.subscription_id
     where s.live and (a.basis = 'WAITING' and i.parked_reason in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED') or a.basis = 'PRICE')
  ), subscription as (
    select id, connection_id, subscription_id, customer_id from item
    union all
    select a.id, s.connection_id, s.id, s.customer_id
      from asked a
      join stripe_price p on p.connection_id = a.connection_id and p.product_id = a.subject
      join stripe_subscription_item i on i.connection_id = p.connection_id and i.price_id = p.id
      join stripe_subscription s on s.connection_id = i.connection_id and s.id = i.subscription_id
     where a.basis = 'PRODUCT' and s.live
    union all
    select a.id, s.connection_id, s.id, s.customer_id
      from asked a join stripe_subscription s on s.connection_id = a.connection_id and s.customer_id = a.subject
     where a.basis = 'CUSTOMER' and s.live
    union all
    select a.id, a.connection_id, a.subject, s.customer_id
      from asked a left join stripe_subscription s on s.connection_id = a.connection_id and s.id = a.subject
     where a.basis = 'SUBSCRIPTION'
  ), concerned as (
    select c.id, c.subscription_id, l.user_key
      from subscription c left join customer_link l on l.connection_id = c.connection_id and l.customer_id = c.customer_id
    union all
    select a.id, p.stripe_subscription_id, p.user_key
      from asked a
      join package k on k.id = a.subject
      join package_subscription p on p.package_id = k.id and p.connection_id = a.connection_id and p.created_at > k.archived_at
     where a.basis = 'PACKAGE' and p.ended_at is null and p.source = 'STRIPE'
    union all
    select a.id, p.stripe_subscription_id, a.subject
      from asked a left join package_subscription p on p.user_key = a.subject and p.ended_at is null and p.gives_access
     where a.basis = 'USER'
    union all
    select a.id, o.object_id, losing.user_key
      from asked a
      join aside_object o on o.run_id = a.subject and o.object_type = 'SUBSCRIPTION' and o.reason in ('TAKES_ACCESS', 'GONE')
      left join lateral jsonb_array_elements_text(o.user_keys) as losing(user_key) on true
     where a.basis = 'RUN'
  ), total as (
    select id, count(distinct subscription_id)::int as subscriptions, count(distinct user_key)::int as users from concerned group by id
  ), grouped as (
    select id, json_agg(json_build_object('quantity', quantity, 'currency', currency, 'items', items)) as groups
      from (select id, quantity, currency, count(*)::int as items from item where basis = 'WAITING' group by id, quantity, currency) each
     group by id
  )
  select a.id, coalesce(t.subscriptions, 0) as subscriptions, coalesce(t.users, 0) as users, g.groups,
         case when a.basis = 'WAITING' then to_jsonb(p) end as terms,
         case a.basis when 'PACKAGE' then k.name
                      when 'USER' then n.name
                      when 'RUN' then 'Reconciliation of ' || to_char(r.requested_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
                      when 'PRODUCT' then d.name
                      when 'CUSTOMER' then coalesce(c.email, c.name)
                      when 'SUBSCRIPTION' then coalesce(c.email, c.name)
                      else nullif(concat_ws(' · ', d.name, p.nickname), '') end as name
    from asked a
    left join total t on t.id = a.id
    left join grouped g on g.id = a.id
    left join stripe_price p on a.basis in ('WAITING', 'PRICE') and p.connection_id = a.connection_id and p.id = a.subject
    left join stripe_product d on d.connection_id = a.connection_id and d.id = case a.basis when 'PRODUCT' then a.subject else p.product_id end
    left join package k on a.basis = 'PACKAGE' and k.id = a.subject
    left join import_run r on a.basis = 'RUN' and r.id = a.subject
    left join user_name n on a.basis = 'USER' and n.user_key = a.subject and n.kind = 'ID'
    left join stripe_subscription s on a.basis = 'SUBSCRIPTION' and s.connection_id = a.connection_id and s.id = a.subject
    left join stripe_customer c on c.connection_id = a.connection_id and c.id = case a.basis when 'CUSTOMER' then a.subject else s.customer_id end`;
