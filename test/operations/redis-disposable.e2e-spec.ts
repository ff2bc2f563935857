import { setTimeout as sleep } from 'node:timers/promises';

import { Doorbell } from '@app/common';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { connect, eventually, makeCatalog, openAccount, type Run, startKana, waitForEnd } from '../import/kana.js';
import type { TestApi } from '../support/api.js';
import { describeOnRedis } from '../support/queue-backends.js';
import { newWebhookSecret, sendWebhook, signedEvent, wireEvent } from '../support/webhooks.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { SEED } from '../support/seed.js';

/** `PROPERTY_RUNS=500 PROPERTY_SEED=1` for the long run, and to repeat one. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 10);
const SUBSCRIPTIONS = 150;
const SECRET = newWebhookSecret();
/** What is promised: all is done a minute after Redis is back. */
const PROMISED_MS = 60_000;
/** Nobody who asks the api waits longer for a Redis that is not there. */
const ANSWERED_MS = 5000;
const PATIENCE_MS = RUNS * 70_000;

interface Round {
  readonly fault: 'flush' | 'kill' | 'freeze';
  readonly startsWhileAway: boolean;
  readonly afterMs: number;
  readonly awayMs: number;
}

const rounds = fc.record<Round>({
  fault: fc.constantFrom('flush', 'kill', 'freeze'),
  startsWhileAway: fc.boolean(),
  afterMs: fc.integer({ min: 0, max: 400 }),
  awayMs: fc.integer({ min: 0, max: 2500 }),
});

describeOnRedis(`Redis is disposable (I19; seed ${SEED}, ${RUNS} rounds)`, (backend) => {
  let sandbox: Sandbox;
  let api: TestApi;
  let worker: TestWorker;
  let connectionId: string;
  let database: pg.Client;
  let sent = 0;

  beforeAll(async () => {
    sandbox = await openAccount(SEED, SUBSCRIPTIONS);
    sandbox.setLatency(20);
    api = await startKana(sandbox.url, backend.settings());
    await makeCatalog(api);
    worker = await startTestWorker(api.env, api.databaseUrl);
    connectionId = await connect(api);
    await timely(api.post(`/v1/stripe/connections/${connectionId}/webhook-secret`, { secret: SECRET }), 200);
    database = new pg.Client({ connectionString: api.databaseUrl });
    await database.connect();
  }, PATIENCE_MS);

  afterAll(async () => {
    await database.end();
    await worker.close();
    await api.close();
    await sandbox.close();
  });

  /** Every answer is one that a caller can use, and comes soon, whatever Redis does. */
  async function timely<Answer extends { status: number }>(answer: Promise<Answer>, status: number): Promise<Answer> {
    const started = performance.now();
    const given = await answer;
    expect(given.status).toBe(status);
    expect(performance.now() - started).toBeLessThan(ANSWERED_MS);
    return given;
  }

  async function start(): Promise<string> {
    api.clock.advance(1000);
    return (await timely(api.post<Run>('/v1/stripe/imports', {}), 202)).body.id;
  }

  async function lose({ fault, awayMs }: Round, meanwhile: () => Promise<void>): Promise<void> {
    const server = backend.redis();
    const acts = {
      flush: { lose: () => server.flush(), restore: async () => undefined },
      kill: { lose: () => server.kill(), restore: () => server.restart() },
      freeze: { lose: async () => server.freeze(), restore: async () => server.thaw() },
    }[fault];
    await acts.lose();
    try {
      await Promise.all([meanwhile(), sleep(fault === 'flush' ? 0 : awayMs)]);
    } finally {
      await acts.restore();
    }
  }

  async function serveWithoutRedis(): Promise<void> {
    const doorbell = api.app.get(Doorbell);
    await Promise.all(Array.from({ length: 20 }, () => doorbell.tryToRing('conversions', { connectionId })));
    await timely(api.get('/health/ready'), 200);
    const events = Array.from({ length: 20 }, () => signedEvent(wireEvent(`evt_${(sent += 1)}`), SECRET));
    await Promise.all(events.map((event) => timely(sendWebhook(`${api.url}/webhooks/stripe/${connectionId}`, event), 200)));
    await timely(api.post('/v1/entitlements/check', { checks: [{ userId: 'nobody', featureId: 'sso' }] }), 200);
  }

  /** Every event that was acknowledged is there, and nothing is left to do for any. */
  async function settled(): Promise<void> {
    await eventually('the events', async () => {
      const { rows } = await database.query<{ result: string; count: number }>('select result, count(*)::integer as count from sync_event group by result');
      const isDone = rows.every(({ result }) => result !== 'WAITING') && rows.reduce((sum, { count }) => sum + count, 0) >= sent;
      return isDone ? true : undefined;
    });
  }

  it('whatever is lost of it, and whenever, all work is done soon after it is back', async () => {
    const took: number[] = [];
    const faults: string[] = [];
    const round = fc.asyncProperty(rounds, async (given) => {
      let run = given.startsWhileAway ? undefined : await start();
      await sleep(given.afterMs);
      await lose(given, async () => {
        run ??= await start();
        await serveWithoutRedis();
      });
      const back = performance.now();
      const { status, counts } = await waitForEnd(api, run ?? '');
      await settled();
      took.push(performance.now() - back);
      faults.push(given.fault);
      expect({ status, seen: counts.seen }).toEqual({ status: 'COMPLETED', seen: SUBSCRIPTIONS });
      expect(took.at(-1)).toBeLessThan(PROMISED_MS);
    });
    await fc.assert(round, { numRuns: RUNS, seed: SEED, endOnFailure: true });
    const seconds = took.map((ms, index) => `${faults[index]} ${(ms / 1000).toFixed(1)}`);
    process.stdout.write(`Redis is disposable: seed ${SEED}, ${RUNS} rounds, ${sent} webhooks, done after it was back, in seconds: ${seconds.join(', ')}\n`);
  }, PATIENCE_MS);
});
