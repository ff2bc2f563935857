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
import { type Delivery, WebhookSenders } from '../support/webhook-senders.js';
import { newWebhookSecret } from '../support/webhooks.js';
import { SEED } from '../support/seed.js';

/** `WEBHOOK_KILLS=2000 POSTGRES_STOPS=500 PROPERTY_SEED=1` for the long run, and to repeat one. */
const KILLS = Number(process.env['WEBHOOK_KILLS'] ?? 50);
const STOPS = Number(process.env['POSTGRES_STOPS'] ?? 10);
const SENDERS = 16;
const APIS = 3;
const BACK_MS = 5000;
const MINUTES = 240;

type Phase = 'UP' | 'DOWN' | 'COMING';

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

const STARTS = 5;

/** While an api is not there its port may be given to anybody, so each has one of its own; even that may be gone by then. */
async function startOnSomePort(program: URL, databaseUrl: string): Promise<{ api: AppProcess; door: string }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { api: await startMain(program, settingsFor(databaseUrl, port)), door: doorAt(port) };
    } catch (error) {
      if (attempt === STARTS) {
        throw error;
      }
    }
  }
}

/** An api that is killed once it has acknowledged so many, and started again, until there were kills enough. */
class Victim {
  private door = '';
  private until = Infinity;
  private api: AppProcess | undefined;
  private died = Promise.withResolvers<void>();

  constructor(
    private readonly program: URL,
    private readonly databaseUrl: string,
    private readonly doors: Set<string>,
  ) {}

  async live(nextLife: () => number | undefined): Promise<void> {
    for (let acknowledgements = nextLife(); acknowledgements !== undefined; acknowledgements = nextLife()) {
      this.died = Promise.withResolvers<void>();
      ({ api: this.api, door: this.door } = await startOnSomePort(this.program, this.databaseUrl));
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
      this.api?.child.once('exit', () => this.died.resolve());
      this.kill();
    }
  }

  kill(): void {
    this.api?.child.kill('SIGKILL');
  }
}

async function sendUnderKills(program: URL, databaseUrl: string, kills: number): Promise<{ senders: WebhookSenders; statuses: Map<number, number> }> {
  const doors = new Set<string>();
  const victims = Array.from({ length: APIS }, () => new Victim(program, databaseUrl, doors));
  const lives = fc.sample(fc.integer({ min: 1, max: 120 }), { numRuns: kills, seed: SEED });
  const statuses = new Map<number, number>();
  const told = ({ door, status }: Delivery): void => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 200) {
      victims.forEach((victim) => victim.acknowledged(door));
    }
  };
  const senders = new WebhookSenders({ count: SENDERS, doors, secret: SECRET, told });
  try {
    await Promise.all(victims.map((victim) => victim.live(() => lives.pop())));
    // What nobody has acknowledged yet is sent until somebody does.
    const survivor = await startOnSomePort(program, databaseUrl);
    doors.add(survivor.door);
    await senders.stop();
    await survivor.api.stop();
  } finally {
    await senders.abandon();
    victims.forEach((victim) => victim.kill());
  }
  return { senders, statuses };
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
      const { senders, statuses } = await sendUnderKills(API, database.url, KILLS);
      process.stdout.write(`webhooks under kills: seed ${SEED}, ${KILLS} kills, ${senders.acknowledged.size} acknowledged, answers by status ${JSON.stringify(Object.fromEntries(statuses))}\n`);
      expect(senders.acknowledged.size).toBeGreaterThan(KILLS);
      expect(await lost(database.url, senders)).toEqual([]);
      expect([...statuses.keys()].filter((status) => status !== 0 && status !== 200)).toEqual([]);
    },
    MINUTES * 60_000,
  );

  it(
    'would be lost by an api that answers before the commit, and this suite would find out',
    async () => {
      const own = await createTestDatabase();
      await prepare(own.url);
      const { senders } = await sendUnderKills(HASTY_API, own.url, 6);
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
      const phases: Record<Phase, Map<number, number>> = { UP: new Map(), DOWN: new Map(), COMING: new Map() };
      let now: { phase: Phase; since: number } = { phase: 'UP', since: 0 };
      const enter = (phase: Phase): void => {
        now = { phase, since: performance.now() };
      };
      // What was sent before may have been stored, and is answered only now.
      const told = ({ status, sentAt }: Delivery): void => {
        const phase = sentAt < now.since ? 'COMING' : now.phase;
        phases[phase].set(status, (phases[phase].get(status) ?? 0) + 1);
      };
      const senders = new WebhookSenders({ count: SENDERS, doors: new Set([doorAt(port)]), secret: SECRET, told });
      const waits: number[] = [];
      try {
        for (let round = 0; round < STOPS; round += 1) {
          await senders.more(50);
          await postgres.stop('immediate');
          enter('DOWN');
          const refusedBefore = phases.DOWN.get(503) ?? 0;
          while ((phases.DOWN.get(503) ?? 0) < refusedBefore + 2 * SENDERS) {
            await new Promise((resume) => setTimeout(resume, 5));
          }
          enter('COMING');
          postgres = await start();
          proxy.aim(Number(new URL(postgres.adminUrl).port));
          const back = performance.now();
          await senders.more(1);
          waits.push(performance.now() - back);
          enter('UP');
        }
        await senders.stop();
      } finally {
        await senders.abandon();
      }
      const answers = Object.fromEntries(Object.entries(phases).map(([name, statuses]) => [name, Object.fromEntries(statuses)]));
      process.stdout.write(`webhooks while PostgreSQL stops: ${STOPS} stops, ${senders.acknowledged.size} acknowledged, answers ${JSON.stringify(answers)}, back after ${Math.round(Math.max(...waits))} ms at most\n`);
      expect([...phases.DOWN.keys()]).toEqual([503]);
      expect([...phases.UP.keys(), ...phases.COMING.keys()].filter((status) => status !== 200 && status !== 503)).toEqual([]);
      expect(Math.max(...waits)).toBeLessThan(BACK_MS);
      expect(await lost(databaseUrl, senders)).toEqual([]);
    },
    MINUTES * 60_000,
  );
});
