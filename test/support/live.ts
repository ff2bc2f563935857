import pg from 'pg';

import { type Sandbox, startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { startTestApi, type TestApi } from './api.js';
import { startTcpProxy } from './tcp-proxy.js';
import { startTestWorker, type TestWorker, type WorkerChanges } from './worker.js';

/** A sandbox whose webhooks reach the api, as Stripe's do in production, and a worker that settles them. */
export interface LiveKana {
  sandbox: Sandbox;
  api: TestApi;
  /** PUBLIC_URL. */
  publicUrl: string;
  sql<Row extends object>(text: string, parameters?: unknown[]): Promise<Row[]>;
  /** It looks at everything anew when it begins. */
  restartWorker(changes?: WorkerChanges): Promise<void>;
  stopWorker(): Promise<void>;
  close(): Promise<void>;
}

export async function startLiveKana(subscriptions: number): Promise<LiveKana> {
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions, seed: 5 });
  // The address must be known before the api listens; the way to it is laid afterwards.
  const way = await startTcpProxy('127.0.0.1', sandbox.port);
  const publicUrl = `http://127.0.0.1:${way.port}`;
  const api = await startTestApi({ STRIPE_API_BASE: sandbox.url, PUBLIC_URL: publicUrl, RATE_LIMIT_FAILED_AUTH: '0' });
  way.aim(Number(new URL(api.url).port));
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  let worker: TestWorker | undefined = await startTestWorker(api.env, api.databaseUrl);
  const stopWorker = async (): Promise<void> => {
    await worker?.close();
    worker = undefined;
  };
  return {
    sandbox,
    api,
    publicUrl,
    sql: async <Row extends object>(text: string, parameters: unknown[] = []) => (await client.query<Row>(text, parameters)).rows,
    restartWorker: async (changes) => {
      await stopWorker();
      worker = await startTestWorker(api.env, api.databaseUrl, changes);
    },
    stopWorker,
    close: async () => {
      await stopWorker();
      await client.end();
      await api.close();
      await way.close();
      await sandbox.close();
    },
  };
}
