import { StripeConnection } from '@app/stripe';
import { EntityManager } from '@mikro-orm/postgresql';
import { Doorbell, sqlRows } from '@app/common';

import { mapMost, openWorld, type World } from '../import/world.js';
import { eventually, ok, runImport } from '../import/kana.js';
import { TestClock } from '../support/test-clock.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

/** An imported account with its worker, and Stripe's webhooks coming in. */
export interface LiveAccount {
  readonly world: World;
  readonly mapping: Record<string, string>;
  readonly connectionId: string;
  sql<Row extends object>(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Waits until all that Stripe has told is settled. */
  settled(): Promise<void>;
  /** As if something had come in. */
  ring(): Promise<void>;
  /** From here on webhooks alone bring what happens. */
  stopPolls(): Promise<void>;
  /** From here on they come to another api, at this address. */
  moveWebhooks(apiUrl: string): Promise<void>;
  /** Ends the account's own worker, for tests that bring theirs. */
  stopWorker(): Promise<void>;
  close(): Promise<void>;
}

export interface LiveOptions {
  readonly seed: number;
  readonly subscriptions: number;
  /** How wrong the clocks of the api and the worker are, after the import. */
  readonly clockErrorMs?: number;
}

export async function openLiveAccount({ clockErrorMs = 0, ...options }: LiveOptions): Promise<LiveAccount> {
  const world = await openWorld(options);
  const clock = new TestClock();
  clock.set(new Date());
  let worker: TestWorker | undefined = await startTestWorker(world.api.env, world.api.databaseUrl, { clock: clockErrorMs === 0 ? undefined : clock });
  const mapping = await mapMost(world);
  await runImport(world.api);
  const em = (): EntityManager => world.api.app.get(EntityManager).fork();
  const [connection] = await em().find(StripeConnection, {});
  const connectionId = connection?.id ?? '';
  let webhook = await takeWebhooks(world, connectionId, world.api.url);
  world.api.clock.advance(clockErrorMs);
  clock.advance(clockErrorMs);
  const sql: LiveAccount['sql'] = (text, parameters) => sqlRows(em(), text, parameters);
  return {
    world,
    mapping,
    connectionId,
    sql,
    settled: () => allSettled(world, sql),
    ring: () => world.api.app.get(Doorbell, { strict: false }).ring('events', { connectionId }),
    stopPolls: () => stopPolls(sql, connectionId),
    moveWebhooks: async (apiUrl) => {
      world.sandbox.mutate.deleteWebhook(webhook);
      webhook = await takeWebhooks(world, connectionId, apiUrl);
    },
    stopWorker: async () => {
      await worker?.close();
      worker = undefined;
    },
    close: async () => {
      await worker?.close();
      await world.close();
    },
  };
}

async function allSettled({ sandbox }: World, sql: LiveAccount['sql']): Promise<void> {
  await sandbox.deliveries.idle();
  await eventually('the events to be settled', async () => {
    const [open] = await sql(`select id from sync_event where next_attempt_at is not null union all select object_id from sync_lane where reads_wanted > reads_done limit 1`);
    return open === undefined || undefined;
  });
}

/** As if another worker polled all the time; one that does has lost the stream by this. */
async function stopPolls(sql: LiveAccount['sql'], connectionId: string): Promise<void> {
  await sql(
    `insert into sync_stream as s (connection_id, failures, fence, owner, lease_until) values ($1, 0, 0, 'test', now() + interval '1 day')
     on conflict (connection_id) do update set fence = s.fence + 1, owner = excluded.owner, lease_until = excluded.lease_until returning 1`,
    [connectionId],
  );
}

/** As somebody does who makes the endpoint by hand: its secret is told to Kana. Gives the endpoint's id. */
async function takeWebhooks({ sandbox, api }: World, connectionId: string, apiUrl: string): Promise<string> {
  const { id, secret } = sandbox.mutate.createWebhook({ url: `${apiUrl}/webhooks/stripe/${connectionId}`, enabled_events: ['*'], api_version: '2026-10-28.endive' });
  await ok(api.post(`/v1/stripe/connections/${connectionId}/webhook-secret`, { secret }));
  return id;
}
