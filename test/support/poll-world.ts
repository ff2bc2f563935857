import { CommonModule, LoggingModule, MetricsModule, QueuesModule, SecretBox, sqlRows, type SqlRow } from '@app/common';
import { ormConfig } from '@app/database';
import { SubscriptionsModule } from '@app/subscriptions';
import { StreamLedger, SyncEventInbox, SyncRetention } from '@app/sync';
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { EntityManager } from '@mikro-orm/postgresql';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { PollMetrics } from '../../apps/worker/src/health/poll-metrics.js';
import { EventPoller } from '../../apps/worker/src/poll/event-poller.js';
import { PolledPageHandler } from '../../apps/worker/src/poll/polled-page.handler.js';
import { startTestApi, type TestApi } from './api.js';
import { type EventList, startEventList } from './event-list.js';

/** An api, the poller of a worker without its schedules, and a Stripe that has a list of events and nothing else. */
export interface PollWorld {
  api: TestApi;
  list: EventList;
  app: INestApplicationContext;
  sql: <Row extends object = SqlRow>(text: string, parameters?: readonly unknown[]) => Promise<Row[]>;
  em: () => EntityManager;
  /** A connected account with a key that nobody checks. */
  connect: (id: string) => Promise<void>;
  poll: (connectionId: string, signal?: AbortSignal) => Promise<void>;
  /** The ids of the events in the inbox, by Stripe's time. */
  inbox: (connectionId: string) => Promise<string[]>;
  /** These events come by webhook. */
  deliver: (connectionId: string, ids: readonly string[], created: number) => Promise<void>;
  close: () => Promise<void>;
}

export async function startPollWorld(): Promise<PollWorld> {
  const { list, stripe } = await startEventList();
  const api = await startTestApi({ STRIPE_API_BASE: stripe.url, STRIPE_RETRY_DELAY_MS: '1' });
  const app = await startPoller(api);
  const em = (): EntityManager => app.get(EntityManager).fork();
  const sql: PollWorld['sql'] = (text, parameters) => sqlRows(em(), text, parameters);
  return {
    api,
    list,
    app,
    sql,
    em,
    connect: async (id) => {
      const sealed = app.get(SecretBox).seal('rk_test_poll', `stripe_connection/${id}/api_key`);
      await sql(
        `insert into stripe_connection (id, account_id, mode, status, sealed_api_key, api_key_hint, permissions, settings, created_at, updated_at)
         values ($1, $1, 'TEST', 'CONNECTED', $2, 'rk_test_…', '[]', '{"userIdMetadataKey": "kana_user_id"}', now(), now())`,
        [id, sealed],
      );
    },
    poll: (connectionId, signal = new AbortController().signal) => app.get(EventPoller).poll(connectionId, 'worker-1', signal),
    inbox: async (connectionId) => {
      const rows = await sql<{ id: string }>(`select id from sync_event where connection_id = $1 order by stripe_created, id`, [connectionId]);
      return rows.map(({ id }) => id);
    },
    deliver: async (connectionId, ids, created) => {
      const events = ids.map((id) => ({ ...NOTHING_SHOWN, id, created, object: { type: 'CUSTOMER', id: `cus_of_${id}` } as const }));
      await app.get(SyncEventInbox, { strict: false }).receive(em(), connectionId, 'WEBHOOK', events);
    },
    close: async () => {
      await app.close();
      await api.close();
      await stripe.close();
    },
  };
}

const NOTHING_SHOWN = { type: 'customer.updated', apiVersion: null, idempotencyKey: null, body: null, servable: false, ignored: null } as const;

/** As the worker has it, save for what works by the clock. */
async function startPoller({ env, databaseUrl }: TestApi): Promise<INestApplicationContext> {
  @Module({
    imports: [
      LoggingModule.forRoot(env),
      CommonModule.forRoot(env),
      MikroOrmModule.forRoot({ ...ormConfig(databaseUrl), registerRequestContext: false, allowGlobalContext: true }),
      QueuesModule.forRoot(databaseUrl, env),
      MetricsModule,
      SubscriptionsModule,
    ],
    providers: [EventPoller, PolledPageHandler, PollMetrics],
  })
  class PollerModule {}
  return NestFactory.createApplicationContext(PollerModule, { logger: false });
}

/** What a stream's row says. */
export async function streamOf({ sql }: PollWorld, connectionId: string): Promise<SqlRow> {
  const [row] = await sql(
    `select *, extract(epoch from synced_through)::int as synced, extract(epoch from next_poll_at - polled_at)::int as pause from sync_stream where connection_id = $1`,
    [connectionId],
  );
  return row ?? {};
}

export const streamsIn = ({ app }: PollWorld): StreamLedger => app.get(StreamLedger, { strict: false });
export const retentionIn = ({ app }: PollWorld): SyncRetention => app.get(SyncRetention, { strict: false });

interface TestRun {
  readonly id: string;
  readonly connectionId: string;
  readonly fence: number;
}

/** An import that began to read so many seconds ago by Stripe's clock. */
export async function beginRun(
  world: PollWorld,
  connectionId: string,
  { id, secondsAgo, status = 'RUNNING' }: { id: string; secondsAgo: number; status?: string },
): Promise<TestRun> {
  await world.sql(
    `insert into import_run (id, connection_id, kind, status, requested_by, requested_at, started_at, fence) values ($1, $2, 'IMPORT', $3, 'key_1', now(), now(), 1)`,
    [id, connectionId, status],
  );
  const run = { id, connectionId, fence: 1 };
  await streamsIn(world).sweepBegins(run, world.list.now - secondsAgo);
  return run;
}

export async function completeRun(world: PollWorld, run: Pick<TestRun, 'id' | 'connectionId'>): Promise<void> {
  await world.em().transactional(async (em) => {
    await em.execute(`update import_run set status = 'COMPLETED' where id = ?`, [run.id]);
    await streamsIn(world).sweepCompleted(em, run);
  });
}
