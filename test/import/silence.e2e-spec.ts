import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { TestApi } from '../support/api.js';
import { startTestWorker } from '../support/worker.js';
import { connect, eventually, ok, openAccount, readRun, startImport, startKana, TEST_KEY } from './kana.js';

const SEED = 3;
const FOR_EVER_MS = 600_000;

let sandbox: Sandbox;
let api: TestApi;

beforeEach(async () => {
  sandbox = await openAccount(SEED, 20);
  api = await startKana(sandbox.url);
});
afterEach(async () => {
  await api.close();
  await sandbox.close();
});

async function unanswered(): Promise<void> {
  await eventually('a call that nobody answers', async () => (sandbox.faults().inflicted.silent > 0 ? true : undefined));
}

/** Each answer may take half a minute, six times over: a worker that waited for them would outlast the test. */
describe('a worker that is stopped while Stripe says nothing', () => {
  it('stops reading prices, which the next worker reads', async () => {
    const { id } = await ok(api.post<{ id: string }>('/v1/stripe/connections', { apiKey: TEST_KEY }));
    sandbox.setFaults({ silent: 1, silentMs: FOR_EVER_MS });
    const worker = await startTestWorker(api.env, api.databaseUrl);
    await unanswered();
    await worker.close();

    sandbox.setFaults({});
    const next = await startTestWorker(api.env, api.databaseUrl);
    await eventually('the prices', async () => (await ok(api.get<{ pricesReadAt: string | null }>(`/v1/stripe/connections/${id}`))).pricesReadAt ?? undefined);
    await next.close();
  });

  it('leaves its import to the next worker', async () => {
    const first = await startTestWorker(api.env, api.databaseUrl);
    await connect(api);
    sandbox.setFaults({ silent: 1, silentMs: FOR_EVER_MS });
    const runId = await startImport(api);
    // The poll may be the first that is not answered.
    await eventually('the run in its hands', async () => ((await readRun(api, runId)).status === 'RUNNING' ? true : undefined));
    await unanswered();
    await first.close();
    expect((await readRun(api, runId)).status).toBe('RUNNING');

    sandbox.setFaults({});
    const next = await startTestWorker(api.env, api.databaseUrl);
    await eventually('the end of the import', async () => ((await readRun(api, runId)).status === 'COMPLETED' ? true : undefined));
    await next.close();
  });
});
