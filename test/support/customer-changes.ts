import type { CustomerSnapshot } from '@app/stripe';
import { IssueDeriver, SubscriptionApplier } from '@app/subscriptions';

import { customerOf, priceOf, subscriptionOf } from './snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from './stripe-world.js';

const TEAM = 'price_team';
export const CALLS = 'price_calls';
export const OLD = '2024-01-01T00:00:00.000Z';
export const NEW = '2025-01-01T00:00:00.000Z';

export interface User {
  id: string;
  aliases: string[];
  name: string | null;
  email: string | null;
  emailVerified: boolean;
  billingId: string | null;
  sources: Record<string, string | null>;
}
interface Link {
  customerId: string;
  matchedBy: string;
  matchedValue: string | null;
  primary: boolean;
  email: string | null;
  name: string | null;
  deleted: boolean;
  differs: string[];
  conflict: string | null;
}

/** What a test has to itself: a number in all its ids, and two emails. */
export interface OwnNames {
  readonly number: number;
  readonly ann: string;
  readonly bob: string;
}

let world: StripeWorld;
let number = 0;
let ann: string;

export async function startCustomerChanges(): Promise<StripeWorld> {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices([TEAM, CALLS].map((id) => priceOf(id)));
  await world.publish('team');
  await must(world.api.post('/v1/features', { id: 'calls', name: 'Calls', type: 'CONSUMABLE', unitLabel: 'call', unitLabelPlural: 'calls' }));
  await must(world.api.post('/v1/packages', { id: 'calls', name: 'Calls', features: [{ featureId: 'calls', limit: 100, resetPeriod: 'MONTH' }] }));
  await must(world.api.post('/v1/packages/calls/publish'));
  await world.map({ [TEAM]: 'team', [CALLS]: 'calls' });
  return world;
}

/** Names that no other test has, a minute later. */
export function nextNames(): OwnNames {
  number += 1;
  ann = `ann${number}@x.example`;
  world.api.clock.advance(60_000);
  return { number, ann, bob: `bob${number}@x.example` };
}

/** The test's customer of this letter. */
export const cus = (letter: string, facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot => customerOf(`cus_${number}${letter}`, { email: ann, createdAt: NEW, ...facts });
export const paid = (letter: string, status = 'active', price = TEAM) => subscriptionOf(`sub_${number}${letter}`, [price], { customerId: `cus_${number}${letter}`, status });
export const gone = (letter: string): CustomerSnapshot => cus(letter, { email: null, name: null, deleted: true, createdAt: null });

/** As a webhook about customers alone would bring it. */
export async function show(...customers: CustomerSnapshot[]) {
  world.api.clock.advance(1000);
  const batch = { connectionId: ONLY, emailMatch: 'AUTO' as const, customers, at: world.api.clock.now() };
  return world.em().transactional((em) => world.api.app.get(SubscriptionApplier, { strict: false }).applyCustomers(em, batch));
}
export const user = (id: string): Promise<User> => must(world.api.get<User>(`/v1/users/${encodeURIComponent(id)}`));
export const links = async (id: string): Promise<Link[]> => (await must(world.api.get<{ data: Link[] }>(`/v1/users/${encodeURIComponent(id)}/links`))).data;
export const make = (id: string, facts: object) => must(world.api.post('/v1/users', { id, ...facts }));

export async function openIssues(): Promise<string[]> {
  await world.api.app.get(IssueDeriver, { strict: false }).refresh(world.em(), ONLY);
  const rows = await world.sql<{ kind: string; subject_id: string }>(
    `select kind, subject_id from sync_issue where status = 'OPEN' and subject_id like $1 order by 1, 2`, [`cus\\_${number}%`]);
  return rows.map((row) => `${row.kind} ${row.subject_id.replace(`cus_${number}`, '')}`);
}

/** Every row about users and customers, with the transaction that wrote it, or without. */
export async function rows(withVersions: boolean): Promise<string> {
  const tables = ['kana_user', 'user_name', 'stripe_customer', 'customer_link', 'package_subscription', 'entitlement_change'];
  const row = withVersions ? `t.xmin::text || to_jsonb(t)::text` : `(to_jsonb(t) - 'updated_at')::text`;
  const all = tables.map((table) => world.sql(`select md5(string_agg(${row}, '' order by t::text)) as digest from ${table} t`));
  return JSON.stringify(await Promise.all(all));
}
