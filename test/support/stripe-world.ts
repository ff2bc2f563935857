import { sqlRows, type SqlRow } from '@app/common';
import { PriceApplier } from '@app/mapping';
import type { ConnectionSettings, CustomerSnapshot, EmailMatchPolicy, PriceSnapshot, SubscriptionSnapshot } from '@app/stripe';
import { SubscriptionApplier, type BatchApplied } from '@app/subscriptions';
import { EntityManager } from '@mikro-orm/postgresql';

import { startTestApi, type TestApi } from './api.js';
import { eventually } from './eventually.js';
import { customerOf, productOf } from './snapshots.js';

const SETTINGS: ConnectionSettings = {
  customers: 'SUBSCRIBED',
  emailMatch: 'AUTO',
  userIdMetadataKey: 'kana_user_id',
  pastDueGraceDays: 0,
  pausedCollectionGivesAccess: true,
  basePackageId: null,
  reconcileEveryHours: 24,
  brakePercent: 5,
  brakeUsers: 100,
  requestsPerSecond: 0,
  requestsPerSecondPerEndpoint: 0,
  requestSharePercent: 90,
};

/** What is applied together. Customers that are left out are made from the subscriptions. */
export interface TestBatch {
  connectionId?: string;
  subscriptions?: readonly SubscriptionSnapshot[];
  customers?: readonly CustomerSnapshot[];
  emailMatch?: EmailMatchPolicy;
  /** Prices that the items show and nobody has seen before. */
  newPrices?: readonly PriceSnapshot[];
}

/** A transaction that has applied its batch and waits to be committed. */
export interface HeldBatch {
  /** Commits, and gives what was applied. */
  commit(): Promise<BatchApplied>;
}

/** An api with the applier that the worker uses; Stripe is played by snapshots. */
export interface StripeWorld {
  api: TestApi;
  em: () => EntityManager;
  sql: <Row extends object = SqlRow>(text: string, parameters?: readonly unknown[]) => Promise<Row[]>;
  connect: (id: string, settings?: Partial<ConnectionSettings>) => Promise<void>;
  prices: (prices: readonly PriceSnapshot[], connectionId?: string) => Promise<void>;
  /** A published package with one binary feature of its own. */
  publish: (id: string, difference?: object) => Promise<void>;
  draft: (id: string, difference?: object) => Promise<void>;
  map: (mapping: Readonly<Record<string, string>>, connectionId?: string) => Promise<void>;
  applyIn: (em: EntityManager, batch: TestBatch) => Promise<BatchApplied>;
  apply: (batch: TestBatch) => Promise<BatchApplied>;
  hold: (batch: TestBatch) => Promise<HeldBatch>;
  close: () => Promise<void>;
}

/** The connection that is meant when none is named. */
export const ONLY = 'conn_only';

/** @param settings environment variables of the api */
export async function startStripeWorld(settings: Record<string, string> = {}): Promise<StripeWorld> {
  const api = await startTestApi(settings);
  const root = api.app.get(EntityManager);
  const em = (): EntityManager => root.fork();
  const applier = api.app.get(SubscriptionApplier, { strict: false });
  const sql: StripeWorld['sql'] = (text, parameters) => sqlRows(em(), text, parameters);
  const applyIn: StripeWorld['applyIn'] = (transaction, { connectionId = ONLY, subscriptions = [], customers, emailMatch = 'AUTO', newPrices = [] }) => {
    const own = [...new Set(subscriptions.map(({ customerId }) => customerId))].map((id) => customerOf(id));
    return applier.apply(transaction, {
      connectionId,
      emailMatch,
      subscriptions,
      customers: customers ?? own,
      newPrices,
      newProducts: [],
      causeOf: () => ({ kind: 'IMPORT', id: 'imp_test' }),
      at: api.clock.now(),
    });
  };
  return {
    api,
    em,
    sql,
    applyIn,
    apply: (batch) => em().transactional((transaction) => applyIn(transaction, batch)),
    hold: (batch) => hold(em(), (transaction) => applyIn(transaction, batch)),
    close: () => api.close(),
    ...connecting(api, em, sql),
    ...catalogue(api),
  };
}

function connecting(api: TestApi, em: () => EntityManager, sql: StripeWorld['sql']): Pick<StripeWorld, 'connect' | 'prices'> {
  return {
    connect: async (id, settings = {}) => {
      await sql(
        `insert into stripe_connection (id, account_id, mode, status, api_key_hint, permissions, settings, created_at, updated_at)
         values ($1, $2, 'TEST', 'CONNECTED', 'rk_test_…', '[]', $3::jsonb, now(), now())`,
        [id, `acct_${id}`, JSON.stringify({ ...SETTINGS, ...settings })],
      );
    },
    prices: async (prices, connectionId = ONLY) => {
      const applier = api.app.get(PriceApplier, { strict: false });
      const products = [...new Set(prices.map(({ productId }) => productId))].map((id) => productOf(id));
      await applier.applyProducts(em(), connectionId, products);
      await applier.applyPrices(em(), connectionId, prices);
    },
  };
}

function catalogue(api: TestApi): Pick<StripeWorld, 'publish' | 'draft' | 'map'> {
  const draft: StripeWorld['draft'] = async (id, difference = {}) => {
    await must(api.post('/v1/features', { id: `of ${id}`, name: id, type: 'BINARY' }));
    await must(api.post('/v1/packages', { id, name: id, features: [{ featureId: `of ${id}` }], ...difference }));
  };
  return {
    draft,
    publish: async (id, difference) => {
      await draft(id, difference);
      await must(api.post(`/v1/packages/${encodeURIComponent(id)}/publish`));
    },
    map: async (mapping, connectionId) => {
      const mappings = Object.entries(mapping).map(([priceId, packageId]) => ({ priceId, packageId }));
      await must(api.put('/v1/stripe/mappings', { connectionId, mappings }));
    },
  };
}

/** The body of an answer that must be a success. */
export async function must<Body>(answer: Promise<{ status: number; body: Body }>): Promise<Body> {
  const { status, body } = await answer;
  if (status >= 300) {
    throw new Error(`${status}: ${JSON.stringify(body)}`);
  }
  return body;
}

/** Runs the work in a transaction that stays open until it is told to commit. */
export async function hold<Result>(em: EntityManager, work: (transaction: EntityManager) => Promise<Result>): Promise<{ commit(): Promise<Result> }> {
  const applied = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const done = em.transactional(async (transaction) => {
    const result = await work(transaction);
    applied.resolve();
    await released.promise;
    return result;
  });
  await Promise.race([applied.promise, done]);
  return {
    commit: () => {
      released.resolve();
      return done;
    },
  };
}

/** Waits until as many sessions of this database wait for a lock: only then is what they do certainly under way. */
export async function untilBlocked(world: Pick<StripeWorld, 'sql'>, sessions = 1): Promise<void> {
  await eventually('a session that waits for a lock', async () => {
    const [row] = await world.sql<{ waiting: number }>(
      `select count(distinct pid)::int as waiting from pg_locks
        where not granted and pid in (select pid from pg_stat_activity where datname = current_database())`,
    );
    return (row?.waiting ?? 0) >= sessions || undefined;
  });
}
