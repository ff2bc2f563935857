import pg from 'pg';

import { type Sandbox, startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { startTestApi, type TestApi } from './api.js';
import { startStripeSwitch, type StripeSwitch } from './stripe-switch.js';
import { startTestWorker } from './worker.js';

/** Two accounts behind one address: keys of the second say `other`. A worker runs. */
export interface TwoAccounts {
  one: Sandbox;
  other: Sandbox;
  stripe: StripeSwitch;
  api: TestApi;
  sql<Row extends object>(text: string, parameters?: unknown[]): Promise<Row[]>;
  restartWorker(): Promise<void>;
  close(): Promise<void>;
}

export async function startTwoAccounts(): Promise<TwoAccounts> {
  const [one, other] = await Promise.all([openAccount(7), openAccount(8)]);
  const stripe = await startStripeSwitch((key) => (key.includes('other') ? other.url : one.url));
  const api = await startTestApi({ STRIPE_API_BASE: stripe.url });
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  let worker = await startTestWorker(api.env, api.databaseUrl);
  return {
    one,
    other,
    stripe,
    api,
    sql: async <Row extends object>(text: string, parameters: unknown[] = []) => (await client.query<Row>(text, parameters)).rows,
    restartWorker: async () => {
      await worker.close();
      worker = await startTestWorker(api.env, api.databaseUrl);
    },
    close: async () => {
      await worker.close();
      await client.end();
      await api.close();
      await stripe.close();
      await Promise.all([one.close(), other.close()]);
    },
  };
}

function openAccount(seed: number): Promise<Sandbox> {
  return startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 110, seed });
}
