import { randomBytes } from 'node:crypto';

import pg from 'pg';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { administer, databaseUrl, type TestServerDetails } from '../../test/support/test-server.js';
import type { Conditions } from '../import/conditions.js';
import { openKana, type OpenKana } from '../import/contestants.js';
import { memoryMibOf, round } from '../support/machine.js';

export interface ScaleFigures {
  /** Seconds. */
  readonly first: number;
  readonly again: number;
  /** Rows of Kana's domain that the second import wrote. */
  readonly writtenAgain: number;
  /** Whether every subscription, item and customer of the account is there, once, and nothing else. */
  readonly isWhole: boolean;
  readonly refused: number;
  /** Of the first import, by the worker that had a range last. */
  readonly pagesByWorker: readonly number[];
  readonly workerPeaksMib: readonly number[];
}

export interface ScaleGround {
  readonly server: TestServerDetails;
  readonly sandbox: Sandbox;
  readonly conditions: Conditions;
  readonly workers: number;
}

const SAMPLE_MS = 100;
const DOMAIN = ['stripe_subscription', 'stripe_subscription_item', 'stripe_customer', 'customer_link', 'kana_user', 'user_name', 'package_subscription', 'entitlement_change', 'stripe_price', 'stripe_product', 'price_mapping'];
const NO_LIMITS = { requestsPerSecond: 0, requestsPerSecondPerEndpoint: 0 };

/** Two imports of one account into a database of its own. */
export async function importTwice({ server, sandbox, conditions, workers }: ScaleGround): Promise<ScaleFigures> {
  const name = `kana_bench_${process.pid}_${randomBytes(3).toString('hex')}`;
  await administer(server.adminUrl, `create database "${name}" template "${server.template}"`);
  const url = databaseUrl(server.adminUrl, name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const kana = await openKana(url, sandbox, conditions, workers);
    try {
      return await measure(kana, client, sandbox, conditions);
    } finally {
      await kana.close();
    }
  } finally {
    await client.end();
    await administer(server.adminUrl, `drop database if exists "${name}" with (force)`);
  }
}

async function measure(kana: OpenKana, client: pg.Client, sandbox: Sandbox, { latencyMs, limits }: Conditions): Promise<ScaleFigures> {
  sandbox.setLatency(latencyMs);
  sandbox.setFaults(limits ?? NO_LIMITS);
  const peaks = kana.workers.map(() => 0);
  const sampling = setInterval(() => kana.workers.forEach(({ pid }, index) => (peaks[index] = Math.max(peaks[index] ?? 0, memoryMibOf(pid) ?? 0))), SAMPLE_MS);
  try {
    const first = await secondsOf(() => kana.importAll());
    const pagesByWorker = await numbersOf(client, `select sum(pages) as n from import_range where lease_owner is not null group by lease_owner order by 1 desc`);
    const [version = 0] = await numbersOf(client, `select pg_current_xact_id()::text as n`);
    const again = await secondsOf(() => kana.importAll());
    const { globalRate, endpointRate } = sandbox.faults().inflicted;
    const writtenAgain = (await Promise.all(DOMAIN.map((table) => numbersOf(client, `select count(*) as n from ${table} where xmin::text::bigint >= ${version}`)))).flat().reduce((sum, n) => sum + n, 0);
    return { first, again, writtenAgain, isWhole: await isWhole(client, sandbox), refused: globalRate + endpointRate, pagesByWorker, workerPeaksMib: peaks };
  } finally {
    clearInterval(sampling);
    sandbox.setLatency(0);
    sandbox.setFaults(NO_LIMITS);
  }
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return round((performance.now() - started) / 1000);
}

/** The primary keys see to it that nothing is there twice; so equal numbers, with nothing missing, are equal sets. */
async function isWhole(client: pg.Client, sandbox: Sandbox): Promise<boolean> {
  const subscriptions = await idsOf(client, 'stripe_subscription');
  const items = await idsOf(client, 'stripe_subscription_item');
  const customers = await idsOf(client, 'stripe_customer');
  let [missing, subscriptionCount, itemCount, customerCount] = [0, 0, 0, 0];
  for (const { id, items: own } of sandbox.subscriptions()) {
    subscriptionCount += 1;
    itemCount += own.length;
    missing += (subscriptions.has(id) ? 0 : 1) + own.filter((item) => !items.has(item.id)).length;
  }
  const gone = new Set<string>();
  for (const customer of sandbox.customers()) {
    if ('deleted' in customer) {
      gone.add(customer.id);
    } else {
      customerCount += 1;
      missing += customers.has(customer.id) ? 0 : 1;
    }
  }
  // No list shows a deleted customer; Kana knows it from its subscriptions, if it has any.
  const living = [...customers].filter((id) => !gone.has(id)).length;
  return missing === 0 && subscriptions.size === subscriptionCount && items.size === itemCount && living === customerCount;
}

async function idsOf(client: pg.Client, table: string): Promise<Set<string>> {
  return new Set((await client.query<{ id: string }>(`select id from ${table}`)).rows.map(({ id }) => id));
}

async function numbersOf(client: pg.Client, statement: string): Promise<number[]> {
  return (await client.query<{ n: string }>(statement)).rows.map(({ n }) => Number(n));
}
