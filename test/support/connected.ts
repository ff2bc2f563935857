import { type Sandbox, startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { LeftWork } from '../../apps/worker/src/sweeps/left-work.js';
import { startTestApi, type TestApi } from './api.js';
import { eventually } from './eventually.js';
import { must } from './stripe-world.js';
import { startTestWorker, type TestWorker, type WorkerChanges } from './worker.js';

/** Connects an account and waits until the worker has read its prices; gives the connection's id. */
export async function connectAccount(api: TestApi, apiKey: string): Promise<string> {
  const { id } = await must(api.post<{ id: string }>('/v1/stripe/connections', { apiKey }));
  await eventually('the prices', async () => {
    const { pricesReadAt } = await must(api.get<{ pricesReadAt: string | null }>(`/v1/stripe/connections/${id}`));
    return pricesReadAt ?? undefined;
  });
  return id;
}

/** A whole import that must be completed; gives the run's id. */
export async function importAccount(api: TestApi, connectionId?: string): Promise<string> {
  const { id } = await must(api.post<{ id: string }>('/v1/stripe/imports', { connectionId }));
  const { status, error } = await eventually('the end of the import', async () => {
    const run = await must(api.get<{ status: string; error: unknown }>(`/v1/stripe/imports/${id}`));
    return ['QUEUED', 'RUNNING'].includes(run.status) ? undefined : run;
  });
  if (status !== 'COMPLETED') {
    throw new Error(`The import ended ${status}: ${JSON.stringify(error)}`);
  }
  return id;
}

/** A sandbox, an api that is connected to it, and a worker that has read its prices. */
export interface Connected {
  sandbox: Sandbox;
  api: TestApi;
  connectionId: string;
  close(): Promise<void>;
}

/** For suites that count what a call converts: a worker's sweep may come between, and convert some of it. */
export const WITHOUT_CONVERSION_SWEEP: WorkerChanges = {
  change: (worker) => {
    worker.get(LeftWork, { strict: false }).ringForConversions = () => Promise.resolve();
  },
};

export async function startConnected(subscriptions: number, changes: WorkerChanges = {}): Promise<Connected> {
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions, seed: 5 });
  const api = await startTestApi({ STRIPE_API_BASE: sandbox.url });
  const worker: TestWorker = await startTestWorker(api.env, api.databaseUrl, changes);
  const connectionId = await connectAccount(api, 'rk_test_connected');
  return {
    sandbox,
    api,
    connectionId,
    close: async () => {
      await worker.close();
      await api.close();
      await sandbox.close();
    },
  };
}
