import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Sandbox, startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { type AskedApi, startTestApi, type TestApi } from '../support/api.js';
import type { Catalog, GivenUser, StripeStore } from '../support/oracle/account.js';
import { ACME, ARCHIVED, DRAFT } from './acme.js';

/** An import run as the api shows it. */
export interface Run {
  id: string;
  status: string;
  counts: Record<'seen' | 'created' | 'updated' | 'unchanged' | 'parked' | 'failed' | 'partlyParked', number>;
  users: Record<'matchedByBillingId' | 'matchedByMetadata' | 'matchedByEmail' | 'created' | 'conflicts', number>;
  error: { code: string; detail: string } | null;
}

/** The key that `connect` connects with. */
export const TEST_KEY = `rk_test_${'a1'.repeat(12)}`;
const PATIENCE_MS = 90_000;

/** An account of the sandbox, on a free port. */
export async function openAccount(seed: string | number, subscriptions: number): Promise<Sandbox> {
  return startSandbox({ host: '127.0.0.1', port: 0, subscriptions, seed });
}

/** The sandbox's own plain truth, as anybody may read it. */
export async function readStore(sandboxUrl: string): Promise<StripeStore> {
  return (await (await fetch(`${sandboxUrl}/_sandbox/store`)).json()) as StripeStore;
}

/** An api that calls this address Stripe. A worker shares its `env`. */
export async function startKana(stripeUrl: string, settings: Readonly<Record<string, string>> = {}): Promise<TestApi> {
  const api = await startTestApi({ STRIPE_API_BASE: stripeUrl, KANA_ENCRYPTION_KEY: randomBytes(32).toString('hex'), ...settings });
  api.clock.set(new Date());
  return api;
}

/** Asks until the answer is there; what it waits for is named when it does not come. */
export async function eventually<Answer>(what: string, ask: () => Promise<Answer | undefined>, patienceMs = PATIENCE_MS): Promise<Answer> {
  for (const started = performance.now(); performance.now() - started < patienceMs; await sleep(50)) {
    const answer = await ask();
    if (answer !== undefined) {
      return answer;
    }
  }
  throw new Error(`Waited ${patienceMs / 1000} s in vain for ${what}.`);
}

/** The body of an answer that must be a success. */
export async function ok<Body>(answer: Promise<{ status: number; body: Body }>): Promise<Body> {
  const { status, body } = await answer;
  if (status >= 300) {
    throw new Error(`${status}: ${JSON.stringify(body)}`);
  }
  return body;
}

interface PageBody<Entry> {
  data: Entry[];
  nextCursor: string | null;
}

/** All pages of a list. */
export async function readAll<Entry>(api: AskedApi, path: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const position: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: PageBody<Entry> = await ok(api.get<PageBody<Entry>>(`${path}${path.includes('?') ? '&' : '?'}limit=100${position}`));
    entries.push(...page.data);
    cursor = page.nextCursor;
  }
  return entries;
}

/** Puts the catalog in: everything published, save the draft. */
export async function makeCatalog(api: TestApi): Promise<void> {
  for (const feature of ACME.features) {
    await ok(api.post('/v1/features', feature));
  }
  for (const each of ACME.packages) {
    await ok(api.post('/v1/packages', each));
    if (each.id !== DRAFT) {
      await ok(api.post(`/v1/packages/${each.id}/publish`));
    }
  }
}

export async function archiveLegacy(api: TestApi): Promise<void> {
  await ok(api.post(`/v1/packages/${ARCHIVED}/archive`));
}

export async function makeUsers(api: TestApi, users: readonly GivenUser[]): Promise<void> {
  for (const user of users) {
    await ok(api.post('/v1/users', user));
  }
}

/** The catalog as the admin API shows it. */
export async function readCatalog(api: AskedApi): Promise<Catalog> {
  return { features: await readAll(api, '/v1/features'), packages: await readAll(api, '/v1/packages') };
}

/** A sandbox takes any number of requests. */
const UNPACED = { requestsPerSecond: 0, requestsPerSecondPerEndpoint: 0 };

/** Connects and waits until the prices were read. */
export async function connect(api: TestApi, settings: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { id } = await ok(api.post<{ id: string }>('/v1/stripe/connections', { apiKey: TEST_KEY, settings: { ...UNPACED, ...settings } }));
  await eventually('the prices', async () => {
    const { pricesReadAt } = await ok(api.get<{ pricesReadAt: string | null }>(`/v1/stripe/connections/${id}`));
    return pricesReadAt ?? undefined;
  });
  return id;
}

interface Converted {
  mapped: string[];
  converted: { subscriptions: number; users: number; unfinished: boolean };
}

export async function mapPrices(api: TestApi, mapping: Readonly<Record<string, string>>): Promise<Converted> {
  const mappings = Object.entries(mapping).map(([priceId, packageId]) => ({ priceId, packageId }));
  return ok(api.put<Converted>('/v1/stripe/mappings', { mappings }));
}

/** At a later time than whatever was before. */
export async function startImport(api: TestApi): Promise<string> {
  api.clock.advance(1000);
  return (await ok(api.post<Run>('/v1/stripe/imports', {}))).id;
}

export async function readRun(api: TestApi, id: string): Promise<Run> {
  return ok(api.get<Run>(`/v1/stripe/imports/${id}`));
}

/** Waits until the run is over, however it ended. */
export async function waitForEnd(api: TestApi, id: string, patienceMs?: number): Promise<Run> {
  return eventually(`the end of ${id}`, async () => {
    const run = await readRun(api, id);
    return ['QUEUED', 'RUNNING'].includes(run.status) ? undefined : run;
  }, patienceMs);
}

/** A whole import that must be completed. */
export async function runImport(api: TestApi): Promise<Run> {
  const run = await waitForEnd(api, await startImport(api));
  if (run.status !== 'COMPLETED') {
    throw new Error(`The import ended ${run.status}: ${JSON.stringify(run.error)}`);
  }
  return run;
}
