import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { connect, eventually, openAccount, startKana } from '../import/kana.js';
import type { TestApi } from '../support/api.js';
import { startTestWorker, startWorkerProcess } from '../support/worker.js';

const EVENTS = 950;
const KILLS = 2;
const PATIENCE_MS = 240_000;

let sandbox: Sandbox;
let api: TestApi;
let client: pg.Client;

beforeAll(async () => {
  sandbox = await openAccount('killed', 5);
  api = await startKana(sandbox.url);
  client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  const worker = await startTestWorker(api.env, api.databaseUrl);
  await connect(api);
  await worker.close();
}, PATIENCE_MS);
afterAll(async () => {
  await client.end();
  await api.close();
  await sandbox.close();
});

const settings = (): Record<string, string> => ({
  DATABASE_URL: api.databaseUrl,
  KANA_ENCRYPTION_KEY: api.env.kanaEncryptionKey?.toString('hex') ?? '',
  STRIPE_API_BASE: sandbox.url,
});

async function received(): Promise<number> {
  const { rows } = await client.query<{ count: number }>('select count(*)::int as count from sync_event');
  return rows[0]?.count ?? 0;
}

it('a poll goes on where its worker was killed, each time, and brings every event once', async () => {
  const cursors: (string | null)[] = [];
  let killAt = Number.POSITIVE_INFINITY;
  let kill: () => void = () => undefined;
  sandbox.onRequest((pattern, url) => {
    if (pattern === '/v1/events') {
      cursors.push(new URL(url, sandbox.url).searchParams.get('starting_after'));
      // It may have asked before it was known that it had started.
      if (cursors.length >= killAt) {
        kill();
      }
    }
  });
  Array.from({ length: EVENTS }, (_, index) => sandbox.mutate.createCustomer({ email: `k${index}@x.example` }));
  const happened = sandbox.events.records().slice(-EVENTS).map(({ id }) => id);
  for (let round = 0; round < KILLS; round += 1) {
    // Due at once, as if the lease of the killed one had run out.
    await client.query('update sync_stream set lease_until = null, next_poll_at = null');
    killAt = cursors.length + 3;
    const worker = await startWorkerProcess(settings());
    const killed = new Promise<void>((resolve) => {
      kill = () => void worker.kill().then(resolve);
    });
    await killed;
  }
  expect(await received()).toBeLessThan(EVENTS);
  kill = () => undefined;
  await client.query('update sync_stream set lease_until = null, next_poll_at = null');
  const last = await startWorkerProcess(settings());
  await eventually('the rest of the events', async () => ((await received()) >= EVENTS ? true : undefined));
  await last.stop();
  const { rows } = await client.query<{ id: string; deliveries: number }>(`select id, deliveries from sync_event`);
  expect(rows.map(({ id }) => id).toSorted()).toEqual(happened.toSorted());
  expect(rows.filter(({ deliveries }) => deliveries > 1)).toEqual([]);
  // Only the first worker began at the newest event.
  expect(cursors.slice(1, 11).filter((cursor) => cursor === null)).toEqual([]);
}, PATIENCE_MS);
