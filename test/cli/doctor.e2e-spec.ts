import { randomBytes } from 'node:crypto';

import { SecretBox } from '@app/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startTestApi } from '../support/api.js';
import { connectAccount, importAccount } from '../support/connected.js';
import { eventually } from '../support/eventually.js';
import { findFakeTime, NO_FAKETIME, wrongBy } from '../support/fake-time.js';
import { runCli } from '../support/kana-cli.js';
import { type LiveKana, startLiveKana } from '../support/live.js';
import { freePort, startProcess } from '../support/processes.js';
import { send } from '../support/send.js';
import { must } from '../support/stripe-world.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { TestClock } from '../support/test-clock.js';

interface Finding {
  code: string;
  severity: string;
  connectionId: string | null;
  what: string;
  cure: string | null;
}
interface Told {
  findings: Finding[];
  repaired: Finding[];
}
/** What a person would be told of. */
interface Seen {
  code: number | null;
  bad: string[];
  repaired: string[];
}

const CONNECTIONS = '/v1/stripe/connections';
const KEY = 'rk_test_doctor';
const MINUTE_MS = 60_000;
const PATIENCE_MS = 90_000;
const HEALTHY: Seen = { code: 0, bad: [], repaired: [] };
const library = findFakeTime();

const namesOf = (findings: readonly Finding[]): string[] => findings.filter(({ severity }) => severity !== 'OK').map(({ code, severity }) => `${severity} ${code}`);

async function ask(url: string, key: string, words: readonly string[], settings: Record<string, string> = {}): Promise<Seen & { findings: Finding[] }> {
  const { code, out } = await runCli(['doctor', '--json', ...words], { KANA_URL: url, KANA_API_KEY: key, ...settings });
  const { findings, repaired } = JSON.parse(out) as Told;
  return { code, findings, bad: namesOf(findings), repaired: namesOf(repaired) };
}

describe('the doctor', () => {
  let kana: LiveKana;
  let id: string;
  beforeAll(async () => {
    kana = await startLiveKana(10);
    id = await connectAccount(kana.api, KEY);
    await importAccount(kana.api, id);
    // Prices that nobody has mapped are nothing that a doctor is asked for here.
    await eventually('no open issue', async () => {
      const { data } = await must(kana.api.get<{ data: { id: string }[] }>('/v1/sync/issues?status=OPEN&limit=100'));
      await Promise.all(data.map((issue) => kana.api.post(`/v1/sync/issues/${issue.id}/ignore`, { reason: 'A test' })));
      return data.length === 0 || undefined;
    });
  }, PATIENCE_MS);
  afterAll(() => kana.close());

  const examine = async (...words: string[]) => {
    kana.api.clock.set(new Date());
    const { findings, ...seen } = await ask(kana.api.url, kana.api.adminKey, words);
    const bad = findings.filter(({ severity }) => severity !== 'OK');
    return { seen, told: bad.map(({ what, connectionId }) => (connectionId === null ? what : `${connectionId}: ${what}`)) };
  };
  const endpoint = async () => {
    const [row] = await kana.sql<{ id: string }>(`select webhook ->> 'endpointId' as id from stripe_connection where id = $1`, [id]);
    const { body } = await send<{ id: string; status: string }>(`${kana.sandbox.url}/v1/webhook_endpoints/${row?.id}`, { key: 'sk_test_x' });
    return { id: row?.id ?? '', status: body.status };
  };

  /** Seen, named, left as it is, put right when asked for, and not there any more. */
  async function expectRepaired(finding: string, what: RegExp): Promise<void> {
    const first = await examine();
    expect(first).toEqual({ seen: { code: 1, bad: [finding], repaired: [] }, told: [expect.stringMatching(what)] });
    expect(first.told[0]).toContain(`${id}: `);
    expect((await examine()).seen).toEqual(first.seen);
    expect((await examine('--repair')).seen).toEqual({ code: 0, bad: [], repaired: [finding] });
    expect((await examine()).seen).toEqual(HEALTHY);
    expect((await endpoint()).status).toBe('enabled');
  }

  it('finds nothing where all is well, and asks for nothing to be repaired', async () => {
    expect((await examine()).seen).toEqual(HEALTHY);
    const before = await endpoint();
    expect((await examine('--repair')).seen).toEqual(HEALTHY);
    expect(await endpoint()).toEqual(before);
  }, PATIENCE_MS);

  it('names an endpoint that was disabled in Stripe', async () => {
    kana.sandbox.mutate.updateWebhook((await endpoint()).id, { disabled: true });
    await expectRepaired('ERROR webhook_disabled', /The webhook endpoint we_\w+ is disabled in Stripe/);
  }, PATIENCE_MS);

  it('names event types that an endpoint lacks', async () => {
    kana.sandbox.mutate.updateWebhook((await endpoint()).id, { enabled_events: ['customer.created'] });
    await expectRepaired('ERROR webhook_events_missing', /does not send customer\.updated, .* and 19 more\.$/);
  }, PATIENCE_MS);

  it('names an endpoint of another API version', async () => {
    const other = kana.sandbox.mutate.createWebhook({ url: `${kana.publicUrl}/webhooks/stripe/${id}`, enabled_events: ['*'], api_version: '2025-03-31.basil' });
    const former = await endpoint();
    await kana.sql(`update stripe_connection set webhook = jsonb_set(webhook, '{endpointId}', to_jsonb($2::text)) where id = $1`, [id, other.id]);
    await kana.sql(`update stripe_webhook_secret set endpoint_id = $2 where endpoint_id = $1`, [former.id, other.id]);
    kana.sandbox.mutate.deleteWebhook(former.id);
    const { seen, told } = await examine();
    expect(seen).toEqual({ code: 1, bad: ['WARNING webhook_events_superfluous', 'ERROR webhook_version'], repaired: [] });
    expect(told).toEqual([expect.stringContaining('does not handle: *'), expect.stringContaining('sends in the API version 2025-03-31.basil, and Kana reads 2026-')]);
    expect((await examine('--repair')).seen).toEqual({ code: 0, bad: [], repaired: seen.bad });
    expect((await examine()).seen).toEqual(HEALTHY);
  }, PATIENCE_MS);

  it('names an endpoint that was deleted in Stripe', async () => {
    kana.sandbox.mutate.deleteWebhook((await endpoint()).id);
    await expectRepaired('ERROR webhook_missing', /is no longer there in Stripe\.$/);
  }, PATIENCE_MS);

  /** As when somebody edits a restricted key in the Stripe dashboard. */
  const setKey = (key: string) =>
    kana.sql(`update stripe_connection set sealed_api_key = $2 where id = $1`, [id, kana.api.app.get(SecretBox, { strict: false }).seal(key, `stripe_connection/${id}/api_key`)]);

  it.each([
    ['which right a key has lost', 'rk_test_no_events_no_prices_x', ['ERROR right_missing'], 'The Stripe key lacks: Prices: Read, Events: Read.'],
    ['a key that may not look at endpoints', 'rk_test_no_webhook_endpoints_x', ['ERROR webhook_unseen'], 'The key may not look at Stripe’s webhook endpoints'],
    ['a key that Stripe refuses', 'rk_test_revoked', ['ERROR stripe_key_refused'], 'Stripe refuses this key.'],
  ])('names %s', async (_name, key, bad, what) => {
    await send(`${kana.sandbox.url}/_sandbox/faults`, { method: 'PUT', body: { revokedKeys: ['rk_test_revoked'] } });
    await kana.stopWorker();
    await setKey(key);
    const first = await examine();
    await setKey(KEY);
    await kana.restartWorker();
    expect(first.seen).toEqual({ code: 1, bad: ['ERROR worker_away', ...bad], repaired: [] });
    expect(first.told).toEqual([expect.stringContaining('No worker runs'), expect.stringContaining(`${id}: ${what}`)]);
    await untilHealthy();
  }, PATIENCE_MS);

  /** A worker has said that it runs. */
  async function untilHealthy(): Promise<void> {
    await eventually('a worker', async () => (await kana.sql('select 1 from worker_process'))[0]);
    expect((await examine()).seen).toEqual(HEALTHY);
  }

  it('names that the last worker has stopped, and since when it is heard no more', async () => {
    await kana.stopWorker();
    expect(await examine()).toEqual({ seen: { code: 1, bad: ['ERROR worker_away'], repaired: [] }, told: [expect.stringMatching(/^No worker runs.*not carried over\.$/)] });
    await kana.sql(`insert into worker_process (id, name, version, started_at, seen_at, clock_ahead_ms) values ('wrk_dead', 'machine/1', '1', now(), now() - interval '46 s', 0)`);
    expect(await examine()).toMatchObject({ seen: { bad: ['ERROR worker_away'] }, told: [expect.stringMatching(/The last one, machine\/1, was heard (?:4[6-9]|[5-9]\d) s ago\.$/)] });
    await kana.sql(`delete from worker_process`);
    await kana.restartWorker();
    await untilHealthy();
  }, PATIENCE_MS);

  it('names a worker whose clock is wrong', async () => {
    await kana.restartWorker({ clock: new TestClock(new Date(Date.now() - 10 * MINUTE_MS)) });
    await eventually('a worker', async () => (await kana.sql('select 1 from worker_process'))[0]);
    expect(await examine()).toEqual({ seen: { code: 0, bad: ['WARNING clock_skew'], repaired: [] }, told: [expect.stringMatching(/^The clock of the worker \S+\/\d+ is 10 min behind the database’s\.$/)] });
    await kana.restartWorker();
    await untilHealthy();
  }, PATIENCE_MS);

  it('names an api whose clock is wrong', async () => {
    kana.api.clock.set(new Date(Date.now() + 10 * MINUTE_MS));
    const { bad, findings, code } = await ask(kana.api.url, kana.api.adminKey, []);
    expect([code, bad, findings.find(({ severity }) => severity === 'WARNING')?.what]).toEqual([0, ['WARNING clock_skew'], expect.stringMatching(/^The api’s clock is 10 min ahead of the database’s\.$/)]);
  }, PATIENCE_MS);

  (library === null ? it.skip : it)(`names its own clock when that is wrong${library === null ? ` (${NO_FAKETIME})` : ''}`, async () => {
    kana.api.clock.set(new Date());
    const { code, bad, findings } = await ask(kana.api.url, kana.api.adminKey, [], wrongBy(-10, library ?? ''));
    expect([code, bad, findings[0]?.what]).toEqual([0, ['WARNING own_clock_skew'], expect.stringMatching(/^The clock of this machine is \d+ s behind the api’s\.$/)]);
  }, PATIENCE_MS);

  it('names an endpoint made by hand that is disabled, and leaves it to who made it', async () => {
    await must(kana.api.post(`${CONNECTIONS}/${id}/rotate-webhook-secret`, { secret: `whsec_${randomBytes(16).toString('hex')}` }));
    expect((await examine()).seen).toEqual(HEALTHY);
    const url = `${kana.publicUrl}/webhooks/stripe/${id}`;
    const made = kana.sandbox.mutate.createWebhook({ url, enabled_events: ['*'], api_version: '2026-10-28.endive' });
    kana.sandbox.mutate.updateWebhook(made.id, { disabled: true });
    const wanted: Seen = { code: 1, bad: ['ERROR webhook_disabled'], repaired: [] };
    expect((await examine()).seen).toEqual(wanted);
    expect((await examine('--repair')).seen).toEqual(wanted);
    kana.sandbox.mutate.updateWebhook(made.id, { disabled: false });
    expect((await examine()).seen).toEqual(HEALTHY);
  }, PATIENCE_MS);

  // The last, as the sandbox's time does not go back.
  it('names a database whose clock is not Stripe’s', async () => {
    await kana.stopWorker();
    await send(`${kana.sandbox.url}/_sandbox/clock`, { method: 'PUT', body: { advanceMs: 20 * MINUTE_MS } });
    expect(await examine()).toMatchObject({ seen: { code: 1, bad: ['ERROR worker_away', 'ERROR clock_skew'] }, told: [expect.anything(), `${id}: The database’s clock is 20 min behind Stripe’s.`] });
  }, PATIENCE_MS);
});

describe('the doctor, of a key that may not make an endpoint', () => {
  it('says what to do, also where it was asked to repair', async () => {
    const kana = await startLiveKana(10);
    const { id } = await must(kana.api.post<{ id: string }>(CONNECTIONS, { apiKey: 'rk_test_no_account_no_webhook_endpoints_write_x' }));
    const { code, findings, repaired } = await ask(kana.api.url, kana.api.adminKey, ['--repair']);
    await kana.close();
    expect([code, repaired]).toEqual([1, []]);
    expect(findings.filter(({ severity }) => severity === 'ERROR')).toEqual([{ code: 'webhook_missing', severity: 'ERROR', connectionId: id, what: expect.stringContaining('The key lacks Webhook Endpoints: Write'), cure: expect.stringContaining('Give the key Webhook Endpoints: Write') }]);
  }, PATIENCE_MS);
});

describe('the doctor, of a Redis that is away', () => {
  it('says so', async () => {
    const api = await startTestApi({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    const { code, bad } = await ask(api.url, api.adminKey, []);
    await api.close();
    expect([code, bad]).toEqual([1, expect.arrayContaining(['ERROR queue_away'])]);
  }, PATIENCE_MS);
});

describe('the doctor, of a database that says nothing any more', () => {
  it('names it, and waits for nothing', async () => {
    const api = await startTestApi();
    const way = await startTcpProxy('127.0.0.1', Number(new URL(api.databaseUrl).port));
    const url = new URL(api.databaseUrl);
    url.port = String(way.port);
    const port = await freePort();
    const there = await startProcess('api', { DATABASE_URL: url.href, KANA_ENCRYPTION_KEY: randomBytes(32).toString('hex'), KANA_ADMIN_KEY: api.adminKey, PORT: String(port), LOG_LEVEL: 'silent' });
    const examine = () => ask(`http://127.0.0.1:${port}`, api.adminKey, []);
    expect((await examine()).bad).not.toContain('ERROR database_unavailable');
    way.freeze();
    const { code, bad } = await examine();
    way.thaw();
    await there.stop();
    await way.close();
    await api.close();
    expect([code, bad]).toEqual([1, ['ERROR database_unavailable']]);
  }, PATIENCE_MS);
});

describe('the doctor, of an api that is away', () => {
  it('says so, and that it could not look', async () => {
    const { code, findings } = await ask(`http://127.0.0.1:${await freePort()}`, 'x', []);
    expect([code, findings]).toEqual([3, [{ code: 'api_unreachable', severity: 'ERROR', connectionId: null, what: expect.stringContaining('cannot be reached'), cure: expect.stringContaining('npm start') }]]);
  }, PATIENCE_MS);
});
