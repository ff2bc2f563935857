import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SecretBox } from '@app/common';
import { runMigrations } from '@app/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';

import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../apps/standalone/src/postgres/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { insertConnection } from '../support/entitlement-rows.js';
import { type AppProcess, freePort, startMain } from '../support/processes.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { removeCluster } from '../support/test-server.js';
import { type Delivery, startSenders, type WebhookSenders } from '../support/webhook-senders.js';
import { newWebhookSecret } from '../support/webhooks.js';

/** `WEBHOOK_KILLS=2000 POSTGRES_STOPS=500 PROPERTY_SEED=1` for the long run, and to repeat one. */
const KILLS = Number(process.env['WEBHOOK_KILLS'] ?? 50);
const STOPS = Number(process.env['POSTGRES_STOPS'] ?? 10);
const SEED = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
const SENDERS = 16;
const BACK_MS = 5000;
const MINUTES = 60;

const API = new URL('../../apps/api/src/main.ts', import.meta.url);
const HASTY_API = new URL('../support/hasty-api.ts', import.meta.url);
const KEY = randomBytes(32);
const SECRET = newWebhookSecret();

const settingsFor = (databaseUrl: string, port: number) => ({
  DATABASE_URL: databaseUrl,
  PORT: String(port),
  KANA_ENCRYPTION_KEY: KEY.toString('hex'),
  KANA_ADMIN_KEY: `kana_test_${'a'.repeat(40)}`,
  LOG_LEVEL: 'silent',
});
const doorAt = (port: number): string => `http://127.0.0.1:${port}/webhooks/stripe/conn_only`;

async function prepare(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await insertConnection(client, 'conn_only');
    await client.query(`insert into stripe_webhook_secret (id, connection_id, sealed_secret, source, created_at) values ('whs_1', 'conn_only', $1, 'GIVEN', now())`, [
      new SecretBox(KEY).seal(SECRET, 'stripe_webhook_secret/whs_1/secret'),
    ]);
  });
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Acknowledged events that are not in the inbox. */
async function lost(databaseUrl: string, { acknowledged }: WebhookSenders): Promise<string[]> {
  const { rows } = await withClient(databaseUrl, (client) => client.query<{ id: string }>('select id from sync_event'));
  const stored = new Set(rows.map(({ id }) => id));
  return [...acknowledged].filter((id) => !stored.has(id));
}

/** An api that is killed once it has acknowledged so many, and started again, until there were kills enough. */
class Victim {
  private readonly door: string;
  private until = Infinity;
  private child: AppProcess | undefined;
  private died = Promise.withResolvers<void>();

  constructor(
    private readonly program: URL,
    private readonly databaseUrl: string,
    private readonly port: number,
    private readonly doors: Set<string>,
  ) {
    this.door = doorAt(port);
  }

  async live(nextLife: () => number | undefined): Promise<void> {
    for (let acknowledgements = nextLife(); acknowledgements !== undefined; acknowledgements = nextLife()) {
      this.died = Promise.withResolvers<void>();
      this.child = await startMain(this.program, settingsFor(this.databaseUrl, this.port));
      this.until = acknowledgements;
      this.doors.add(this.door);
      await this.died.promise;
    }
  }

  /** At once: whatever else it has just read, and was about to store or to answer, goes with it. */
  acknowledged(door: string): void {
    this.until -= door === this.door ? 1 : 0;
    if (this.until === 0) {
      this.until = Infinity;
      this.doors.delete(this.door);
      this.child?.child.once('exit', () => this.died.resolve());
      this.child?.child.kill('SIGKILL');
    }
  }
}

async function sendUnderKills(program: URL, databaseUrl: string, kills: number): Promise<WebhookSenders & { statuses: Map<number, number> }> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const doors = new Set<string>();
  const victims = ports.map((port) => new Victim(program, databaseUrl, port, doors));
  const lives = fc.sample(fc.integer({ min: 1, max: 120 }), { numRuns: kills, seed: SEED });
  const statuses = new Map<number, number>();
  const told = ({ door, status }: Delivery): void => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 200) {
      victims.forEach((victim) => victim.acknowledged(door));
    }
  };
  const senders = startSenders({ count: SENDERS, doors, secret: SECRET, told });
  await Promise.all(victims.map((victim) => victim.live(() => lives.pop())));
  // What nobody has acknowledged yet is sent until somebody does.
  const port = await freePort();
  const survivor = await startMain(program, settingsFor(databaseUrl, port));
  doors.add(doorAt(port));
  await senders.stop();
  await survivor.stop();
  return Object.assign(senders, { statuses });
}

describe('an acknowledged webhook', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await prepare(database.url);
  });
  afterAll(() => database.drop());

  it(
    `is in the inbox, whatever dies next: ${KILLS} apis killed under ${SENDERS} senders (seed ${SEED})`,
    async () => {
      const senders = await sendUnderKills(API, database.url, KILLS);
      process.stdout.write(`webhooks under kills: seed ${SEED}, ${KILLS} kills, ${senders.acknowledged.size} acknowledged, answers by status ${JSON.stringify(Object.fromEntries(senders.statuses))}\n`);
      expect(senders.acknowledged.size).toBeGreaterThan(KILLS);
      expect(await lost(database.url, senders)).toEqual([]);
      expect([...senders.statuses.keys()].filter((status) => status !== 0 && status !== 200)).toEqual([]);
    },
    MINUTES * 60_000,
  );

  it(
    'would be lost by an api that answers before the commit, and this suite would find out',
    async () => {
      const own = await createTestDatabase();
      await prepare(own.url);
      const senders = await sendUnderKills(HASTY_API, own.url, 6);
      expect((await lost(own.url, senders)).length).toBeGreaterThan(0);
      await own.drop();
    },
    MINUTES * 60_000,
  );
});

describe('while PostgreSQL stops at once and comes back', () => {
  let dataDir: string;
  let postgres: EmbeddedPostgres;
  let proxy: TcpProxy;
  let api: AppProcess;
  let port: number;
  let databaseUrl: string;

  // Commits are written, if not forced to disk: it is PostgreSQL that dies, not the machine.
  const start = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), `kana-test-${process.pid}-`));
    postgres = await start();
    const url = new URL(await postgres.ensureDatabase('kana'));
    await runMigrations(url.href);
    await prepare(url.href);
    proxy = await startTcpProxy(url.hostname, Number(url.port));
    url.port = String(proxy.port);
    databaseUrl = url.href;
    port = await freePort();
    api = await startMain(API, settingsFor(databaseUrl, port));
  }, 60_000);
  afterAll(async () => {
    await api.stop();
    await proxy.close();
    await postgres.stop('immediate');
    removeCluster(dataDir);
  });

  it(
    `webhooks are answered 503 and none is lost; five seconds after it is back they are taken again (${STOPS} times)`,
    async () => {
      const phases: Record<'UP' | 'DOWN' | 'COMING', Map<number, number>> = { UP: new Map(), DOWN: new Map(), COMING: new Map() };
      let phase: keyof typeof phases = 'UP';
      const told = ({ status }: Delivery): void => void phases[phase].set(status, (phases[phase].get(status) ?? 0) + 1);
      const senders = startSenders({ count: SENDERS, doors: new Set([doorAt(port)]), secret: SECRET, told });
      const waits: number[] = [];
      for (let round = 0; round < STOPS; round += 1) {
        await senders.more(50);
        await postgres.stop('immediate');
        phase = 'DOWN';
        const refusedBefore = phases.DOWN.get(503) ?? 0;
        while ((phases.DOWN.get(503) ?? 0) < refusedBefore + 2 * SENDERS) {
          await new Promise((resume) => setTimeout(resume, 5));
        }
        phase = 'COMING';
        postgres = await start();
        proxy.aim(Number(new URL(postgres.adminUrl).port));
        const back = performance.now();
        await senders.more(1);
        waits.push(performance.now() - back);
        phase = 'UP';
      }
      await senders.stop();
      const told503 = Object.fromEntries(Object.entries(phases).map(([name, statuses]) => [name, Object.fromEntries(statuses)]));
      process.stdout.write(`webhooks while PostgreSQL stops: ${STOPS} stops, ${senders.acknowledged.size} acknowledged, answers ${JSON.stringify(told503)}, back after ${Math.round(Math.max(...waits))} ms at most\n`);
      expect([...phases.DOWN.keys()]).toEqual([503]);
      expect([...phases.UP.keys(), ...phases.COMING.keys()].filter((status) => status !== 200 && status !== 503)).toEqual([]);
      expect(Math.max(...waits)).toBeLessThan(BACK_MS);
      expect(await lost(databaseUrl, senders)).toEqual([]);
    },
    MINUTES * 60_000,
  );
});
