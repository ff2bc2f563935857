import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadEnv } from '@app/common';
import pg from 'pg';

import { createApi } from '../../apps/api/src/create-api.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { connect, makeCatalog, openAccount, runImport, startKana } from '../import/kana.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { insertConnection } from '../support/entitlement-rows.js';
import { startTestWorker } from '../support/worker.js';

const SUBSCRIPTIONS = 30;
const EMAIL = 'canary.person@company.example';

let sandbox: Sandbox;
let api: TestApi;
let text: string;

async function readMetrics({ url, adminKey }: TestApi): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return response.text();
}

beforeAll(async () => {
  sandbox = await openAccount('metrics', SUBSCRIPTIONS);
  api = await startKana(sandbox.url);
  await makeCatalog(api);
  const worker = await startTestWorker(api.env, api.databaseUrl);
  await connect(api);
  await runImport(api);
  await worker.close();
  await api.post('/v1/users', { id: EMAIL });
  await api.get(`/v1/users/${encodeURIComponent(EMAIL)}/entitlements/sso`);
  await api.get(`/v1/users/nobody/entitlements/sso`);
  const checks = [{ userId: EMAIL, featureId: 'sso' }, { userId: EMAIL, featureId: 'seats' }, { userId: 'nobody', featureId: 'sso' }];
  await api.post('/v1/entitlements/check', { checks });
  await api.get('/no/such/route');
  text = await readMetrics(api);
}, 120_000);

afterAll(async () => {
  await api.close();
  await sandbox.close();
});

describe('the metrics', () => {
  it.each([
    ['requests by template, method and status', /^kana_http_request_duration_seconds_count\{method="GET",route="\/v1\/users\/:id\/entitlements\/:featureId",status="200"\} 1$/m],
    ['refused requests', /^kana_http_request_duration_seconds_count\{method="GET",route="\/v1\/users\/:id\/entitlements\/:featureId",status="404"\} 1$/m],
    ['requests to no route under one name', /^kana_http_request_duration_seconds_count\{method="GET",route="none",status="404"\} 1$/m],
    ['checks by reason, each question of a batch once', /^kana_entitlement_checks_total\{access="false",reason="\w+"\} 3$/m],
    ['questions that name nobody', /^kana_entitlement_checks_total\{access="none",reason="error"\} 1$/m],
    ['the time of checks', /^kana_entitlement_check_duration_seconds_count 2$/m],
    ['import runs by status', /^kana_import_runs\{status="COMPLETED"\} 1$/m],
    ['that no run waits', /^kana_import_oldest_waiting_seconds 0$/m],
    ['that no worker runs any more', /^kana_workers_running 0$/m],
    ['how far behind Stripe the ledger is', /^kana_sync_lag_seconds -?\d/m],
    ['events that are open', /^kana_sync_events_open\{result="DEAD"\} 0$/m],
    ['commands that are open', /^kana_sync_commands_open\{state="QUEUED"\} 0$/m],
    ['calls of Stripe', /^kana_stripe_calls_total\{resource="account",outcome="200"\} [1-9]/m],
    ['connections', /^kana_database_connections\{pool="main",state="idle"\} \d+$/m],
    ['the process itself', /^process_cpu_seconds_total /m],
  ])('tell %s', (_name, line) => {
    expect(text).toMatch(line);
  });

  it('count every subscription of an import once, by result', () => {
    const counts = [...text.matchAll(/^kana_import_subscriptions\{result="\w+"\} (\d+)$/gm)].map(([, count]) => Number(count));
    expect(counts).toHaveLength(5);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(SUBSCRIPTIONS);
  });

  it('hold no id of anybody or anything', () => {
    const { customers, subscriptions, prices } = sandbox.truth() as unknown as Record<string, { id: string }[]>;
    const ids = [...(customers ?? []), ...(subscriptions ?? []), ...(prices ?? [])].map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(SUBSCRIPTIONS);
    expect(ids.filter((id) => text.includes(id))).toEqual([]);
    expect(text).not.toMatch(/@|%40|usr_|conn_|imp_|key_|nobody|canary/);
  });
});

describe('a run that nobody works on', () => {
  it('is told by its age', async () => {
    const own = await startTestApi();
    const client = new pg.Client({ connectionString: own.databaseUrl });
    await client.connect();
    await client.query(
      `insert into import_run (id, connection_id, kind, status, requested_by, requested_at, fence)
       values ('imp_waiting', 'conn_1', 'IMPORT', 'QUEUED', 'key_1', now() - interval '1 hour', 0)`,
    );
    await client.end();
    const age = Number(/^kana_import_oldest_waiting_seconds ([\d.]+)$/m.exec(await readMetrics(own))?.[1]);
    expect(age).toBeGreaterThan(3590);
    expect(age).toBeLessThan(3700);
    await own.close();
  });
});

describe('what comes from Stripe', () => {
  it('is told by what became of it, how long it waits, and who brings it', async () => {
    const own = await startTestApi();
    const client = new pg.Client({ connectionString: own.databaseUrl });
    await client.connect();
    await insertConnection(client, 'conn_1');
    await insertConnection(client, 'conn_2');
    await insertConnection(client, 'conn_gone', { status: 'DISCONNECTED' });
    await client.query(`insert into sync_stream (connection_id, failures, fence, polled_at, polled_through, webhook_works, gap_since) values
      ('conn_1', 0, 0, now(), floor(extract(epoch from now())) - 100, true, null), ('conn_2', 0, 0, now(), floor(extract(epoch from now())) - 400, false, 1)`);
    await client.query(
      `insert into sync_event (connection_id, id, type, stripe_created, servable, source, received_at, deliveries, last_received_at, result, attempts, next_attempt_at)
       select connection_id, 'evt_' || result, 'x', 1, false, 'POLL', now() - age::interval, 1, now(), result, 0, case when result in ('WAITING', 'FAILED') then now() end
         from (values ('conn_1', 'WAITING', '1 hour'), ('conn_1', 'FAILED', '3 hours'), ('conn_2', 'DEAD', '2 days'), ('conn_2', 'APPLIED', '1 hour'),
                      ('conn_gone', 'DEAD', '1 hour')) as e(connection_id, result, age)`,
    );
    await client.end();
    const figures = await readMetrics(own);
    await own.close();
    const lines = [
      /^kana_sync_events_open\{result="WAITING"\} 1$/m,
      /^kana_sync_events_open\{result="FAILED"\} 1$/m,
      /^kana_sync_events_open\{result="DEAD"\} 1$/m,
      /^kana_sync_events_day\{result="APPLIED"\} 1$/m,
      /^kana_sync_events_day\{result="DEAD"\} 0$/m,
      /^kana_sync_event_longest_open_seconds 108\d\d$/m,
      /^kana_sync_poll_lag_seconds 4\d\d$/m,
      /^kana_sync_connections\{by="WEBHOOKS"\} 1$/m,
      /^kana_sync_connections\{by="POLL"\} 1$/m,
      /^kana_sync_connections\{by="NOTHING"\} 0$/m,
      /^kana_sync_gaps 1$/m,
    ];
    expect(lines.filter((line) => !line.test(figures))).toEqual([]);
  });
});

describe('what goes to Stripe', () => {
  it('is told by its state while it waits, by its kind when it has ended, and by how long the oldest waits', async () => {
    const own = await startTestApi();
    const client = new pg.Client({ connectionString: own.databaseUrl });
    await client.connect();
    await insertConnection(client, 'conn_1');
    await insertConnection(client, 'conn_2');
    await insertConnection(client, 'conn_gone', { status: 'DISCONNECTED' });
    await client.query(
      `insert into sync_command (id, connection_id, kind, ordering_key, asked, key_number, state, attempts, next_attempt_at, fence, asked_by, created_at, ended_at)
       select 'cmd_' || row_number() over (), connection_id, kind, 'SUBSCRIPTION sub_1', '{}', 1, state, 0, case when state in ('QUEUED', 'UNKNOWN') then now() end, 0, 'key',
              now() - age::interval, case when state in ('APPLIED', 'FAILED') then now() - age::interval end
         from (values ('conn_1', 'CANCEL', 'QUEUED', '1 hour'), ('conn_2', 'CANCEL', 'QUEUED', '2 hours'), ('conn_2', 'RESUME', 'UNKNOWN', '3 hours'),
                      ('conn_1', 'CANCEL', 'APPLIED', '1 hour'), ('conn_1', 'CANCEL', 'FAILED', '23 hours'), ('conn_1', 'CANCEL', 'FAILED', '25 hours'),
                      ('conn_gone', 'PAUSE', 'QUEUED', '9 hours'), ('conn_gone', 'PAUSE', 'APPLIED', '1 hour')) as c(connection_id, kind, state, age)`,
    );
    await client.end();
    const figures = await readMetrics(own);
    await own.close();
    const lines = [
      /^kana_sync_commands_open\{state="QUEUED"\} 2$/m,
      /^kana_sync_commands_open\{state="SENDING"\} 0$/m,
      /^kana_sync_commands_open\{state="UNKNOWN"\} 1$/m,
      /^kana_sync_command_longest_open_seconds 108\d\d/m,
      /^kana_sync_commands_day\{kind="CANCEL",state="APPLIED"\} 1$/m,
      /^kana_sync_commands_day\{kind="CANCEL",state="FAILED"\} 1$/m,
      /^kana_sync_commands_day\{kind="PAUSE",state="APPLIED"\} 0$/m,
    ];
    expect(lines.filter((line) => !line.test(figures))).toEqual([]);
  });
});

describe('GET /metrics', () => {
  it.each([
    ['in production', { NODE_ENV: 'production' }, 401],
    ['during development, on all addresses', { NODE_ENV: 'development', HOST: '0.0.0.0' }, 401],
    ['during development, on this machine alone', { NODE_ENV: 'development', HOST: '127.0.0.1' }, 200],
  ])('without a key, %s, answers as it must', async (_name, settings, status) => {
    const env = loadEnv({ DATABASE_URL: api.databaseUrl, KANA_ENCRYPTION_KEY: '0'.repeat(64), LOG_LEVEL: 'silent', ...settings });
    const own = await createApi(env);
    await own.listen(0, '127.0.0.1');
    expect((await fetch(`${await own.getUrl()}/metrics`)).status).toBe(status);
    await own.close();
  });
});
