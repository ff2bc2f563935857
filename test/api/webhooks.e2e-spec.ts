import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createApi } from '../../apps/api/src/create-api.js';
import { eventually } from '../support/eventually.js';
import { signed } from '../support/webhook-forgeries.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';
import { newWebhookSecret, secondsNow, sendWebhook, signedEvent, wireEvent } from '../support/webhooks.js';

interface EventRow {
  id: string;
  type: string;
  result: string;
  reason: string | null;
  object_id: string | null;
  deliveries: number;
  source: string;
}

const DOOR = `/webhooks/stripe/${ONLY}`;
const SECRET = newWebhookSecret();

let world: StripeWorld;
let count = 0;
const newId = (): string => `evt_${(count += 1)}`;

beforeAll(async () => {
  world = await startStripeWorld({ RATE_LIMIT_FAILED_AUTH: '0' });
  await world.connect(ONLY);
  await world.connect('conn_other');
  await give(SECRET);
});
afterAll(() => world.close());

const give = (secret: string, connectionId = ONLY) => must(world.api.post(`/v1/stripe/connections/${connectionId}/webhook-secret`, { secret }));
const send = (event: unknown, secret = SECRET, path = DOOR) => sendWebhook(`${world.api.url}${path}`, signedEvent(event, secret));
const rowOf = async (id: string): Promise<EventRow | undefined> => (await world.sql<EventRow & object>('select * from sync_event where id = $1', [id]))[0];
const countRows = async (): Promise<number> => Number((await world.sql<{ count: string }>('select count(*) from sync_event'))[0]?.count);

describe('an authentic webhook', () => {
  it('is answered when it is stored', async () => {
    const id = newId();
    const { status, body, headers } = await send(wireEvent(id));
    expect([status, body]).toEqual([200, { received: true }]);
    expect(headers.get('x-request-id')).not.toBe('');
    expect(await rowOf(id)).toMatchObject({ type: 'customer.updated', result: 'WAITING', reason: null, object_id: `cus_of_${id}`, deliveries: 1, source: 'WEBHOOK' });
  });

  it.each([
    ['with spaces and line breaks', (id: string) => JSON.stringify(wireEvent(id), null, 2)],
    ['with escapes that need not be', (id: string) => JSON.stringify(wireEvent(id)).replace('evt_', String.raw`\u0065vt_`)],
    ['with letters of all the world', (id: string) => JSON.stringify(wireEvent(id, { note: 'Ünïcödé 日本 🎉 \u2028' }))],
    ['with a member that would change prototypes', (id: string) => JSON.stringify(wireEvent(id)).replace('{', '{"__proto__":{"id":"evt_x"},"constructor":{"prototype":1},')],
    ['of nearly a megabyte', (id: string) => JSON.stringify(wireEvent(id, { note: 'x'.repeat(1_000_000) }))],
  ])('%s is verified byte for byte', async (_name, write) => {
    const id = newId();
    const body = Buffer.from(write(id));
    expect(await sendWebhook(`${world.api.url}${DOOR}`, { body, header: signed(body, [SECRET], secondsNow()) })).toMatchObject({ status: 200 });
    expect(await rowOf(id)).toMatchObject({ result: 'WAITING' });
  });

  it('that comes again is answered the same, and counted', async () => {
    const id = newId();
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(wireEvent(id))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await rowOf(id)).toMatchObject({ deliveries: 100, result: 'WAITING' });
  });

  it.each([
    ['of the other mode', { livemode: true }, 'OTHER_MODE'],
    ['of another account', { account: 'acct_of_somebody' }, 'OTHER_ACCOUNT'],
    ['of an unknown type', { type: 'invoice.finalized' }, 'TYPE_NOT_HANDLED'],
    ['of a type that nobody has thought of yet', { type: 'v9.billing.thing', data: null }, 'TYPE_NOT_HANDLED'],
  ])('%s is kept as ignored: a refusal would make Stripe repeat it for days', async (_name, difference, reason) => {
    const id = newId();
    expect(await send(wireEvent(id, difference))).toMatchObject({ status: 200, body: { received: true } });
    expect(await rowOf(id)).toMatchObject({ result: 'IGNORED', reason });
  });

  it('of its own account by name is taken', async () => {
    const id = newId();
    expect(await send(wireEvent(id, { account: `acct_${ONLY}` }))).toMatchObject({ status: 200 });
    expect(await rowOf(id)).toMatchObject({ result: 'WAITING' });
  });

  it('of an older API version is kept, to be read from Stripe', async () => {
    const id = newId();
    expect(await send(wireEvent(id, { api_version: '2020-08-27' }))).toMatchObject({ status: 200 });
    expect((await world.sql<{ servable: boolean }>('select servable from sync_event where id = $1', [id]))[0]).toEqual({ servable: false });
  });

  it('wakes the worker, however many there were with one ring at a time', async () => {
    await Promise.all(Array.from({ length: 200 }, () => send(wireEvent(newId()))));
    const rings = await eventually('the ring', async () => {
      const rows = await world.sql(`select 1 from bullmq.job j where j::text like '%${ONLY}%'`);
      return rows.length > 0 ? rows : undefined;
    });
    expect(rings).toHaveLength(1);
  });

  it('is no admin call: it is neither audited nor kept by an idempotency key', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => sendWebhook(`${world.api.url}${DOOR}`, signedEvent(wireEvent(newId()), SECRET), { 'idempotency-key': 'same' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const [{ audited, held } = {}] = await world.sql<{ audited: string; held: string }>(
      `select (select count(*) from audit_entry where route like '/webhooks%') as audited, (select count(*) from idempotency_record where route like '%webhooks%') as held`,
    );
    expect([audited, held]).toEqual(['0', '0']);
  });

  it('does not suffer from one beside it that cannot be stored', async () => {
    await world.sql(`create function refuse_poison() returns trigger language plpgsql as $$ begin if new.id = 'evt_poison' then raise exception 'no' using errcode = '22000'; end if; return new; end $$`);
    await world.sql(`create trigger poison before insert on sync_event for each row execute function refuse_poison()`);
    const ids = ['evt_poison', ...Array.from({ length: 60 }, newId)];
    const answers = await Promise.all(ids.map((id) => send(wireEvent(id))));
    await world.sql('drop trigger poison on sync_event');
    expect(answers.map(({ status }) => status)).toEqual(ids.map((id) => (id === 'evt_poison' ? 500 : 200)));
    expect(await send(wireEvent('evt_poison'))).toMatchObject({ status: 200 });
  });
});

describe('a webhook that is not to be believed', () => {
  it.each([
    ['without a signature', undefined, /no Stripe-Signature/],
    ['signed with another connection’s secret', 'other', /not signed with a secret of this connection/],
    ['signed six minutes ago', -360, /more than five minutes old/],
    ['signed six minutes ahead', 360, /five minutes ahead/],
  ])('%s is refused, and leaves nothing', async (_name, how, detail) => {
    const other = newWebhookSecret();
    await give(other, 'conn_other');
    const before = await countRows();
    const body = Buffer.from(JSON.stringify(wireEvent(newId())));
    const header = how === undefined ? undefined : signed(body, [how === 'other' ? other : SECRET], secondsNow() + (typeof how === 'number' ? how : 0));
    const answer = await sendWebhook(`${world.api.url}${DOOR}`, { body, header });
    expect([answer.status, answer.body['code'], answer.headers.get('content-type')]).toEqual([400, 'webhook_signature_invalid', 'application/problem+json']);
    expect(answer.body['detail']).toMatch(detail);
    expect(await countRows()).toBe(before);
  });

  it('names a connection in its body, and the path’s is looked at', async () => {
    expect(await send(wireEvent(newId(), { connection: 'conn_other' }), SECRET, '/webhooks/stripe/conn_other')).toMatchObject({ status: 400 });
  });

  it('is for nobody', async () => {
    expect(await send(wireEvent(newId()), SECRET, '/webhooks/stripe/conn_none')).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
    expect(await send(wireEvent(newId()), SECRET, `/webhooks/stripe/${encodeURIComponent(' x')}`)).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
  });

  it('is for an account that was disconnected', async () => {
    await world.connect('conn_gone');
    const secret = newWebhookSecret();
    await give(secret, 'conn_gone');
    expect(await send(wireEvent(newId()), secret, '/webhooks/stripe/conn_gone')).toMatchObject({ status: 200 });
    expect(await world.api.delete('/v1/stripe/connections/conn_gone')).toMatchObject({ status: 200, body: { status: 'DISCONNECTED', webhook: { state: 'DISCONNECTED', detail: null } } });
    expect(await send(wireEvent(newId()), secret, '/webhooks/stripe/conn_gone')).toMatchObject({ status: 410, body: { code: 'connection_disconnected' } });
  });

  it('is larger than a mebibyte', async () => {
    expect(await send(wireEvent(newId(), { note: 'x'.repeat(1_048_576) }))).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  });

  it.each([
    ['text/plain', 400],
    ['text/xml', 415],
    ['application/x-www-form-urlencoded', 400],
  ])('comes as %s', async (type, status) => {
    expect(await sendWebhook(`${world.api.url}${DOOR}`, signedEvent(wireEvent(newId()), SECRET), { 'content-type': type })).toMatchObject({ status });
  });

  it.each([
    ['no event', { hello: 'world' }],
    ['no object', 'text'],
    ['nothing', null],
  ])('is signed, and %s', async (_name, body) => {
    expect(await send(body)).toMatchObject({ status: 400, body: { code: 'event_unreadable' } });
  });
});

describe('the clock of this process', () => {
  it.each([-600_000, 600_000])('may be wrong by %i ms: what is old is told by the database’s', async (milliseconds) => {
    world.api.clock.set(new Date(Date.now() + milliseconds));
    const body = Buffer.from(JSON.stringify(wireEvent(newId())));
    const statuses = [];
    for (const second of [-330, -270, 0, 270, 330]) {
      statuses.push((await sendWebhook(`${world.api.url}${DOOR}`, { body, header: signed(body, [SECRET], secondsNow() + second) })).status);
    }
    expect(statuses).toEqual([400, 200, 200, 200, 400]);
  });
});

describe('the secrets of a connection', () => {
  const rotate = (rotation: object) => must(world.api.post(`/v1/stripe/connections/${ONLY}/rotate-webhook-secret`, rotation));

  it('count side by side, and those before a rotation go on for a while', async () => {
    const [second, third] = [newWebhookSecret(), newWebhookSecret()];
    await give(second);
    expect([(await send(wireEvent(newId()))).status, (await send(wireEvent(newId()), second)).status]).toEqual([200, 200]);
    await rotate({ secret: third });
    const statuses = await Promise.all([SECRET, second, third].map(async (secret) => (await send(wireEvent(newId()), secret)).status));
    expect(statuses).toEqual([200, 200, 200]);
    const ends = await world.sql<{ hours: number }>(`select round(extract(epoch from expires_at - now()) / 3600)::int as hours from stripe_webhook_secret where expires_at is not null`);
    expect(ends.map(({ hours }) => hours)).toEqual([24, 24]);
    await rotate({ secret: SECRET, overlapSeconds: 0 });
    expect((await send(wireEvent(newId()))).status).toBe(200);
    expect([(await send(wireEvent(newId()), second)).status, (await send(wireEvent(newId()), third)).status]).toEqual([400, 400]);
    await eventually('the end of what has expired', async () => (await world.sql('select 1 from stripe_webhook_secret where connection_id = $1', [ONLY])).length === 1 || undefined);
  });

  it('are learnt by another process at once, and unlearnt within a second', async () => {
    const app = await createApi(world.api.env);
    await app.listen(0, '127.0.0.1');
    const elsewhere = async (secret: string) => (await sendWebhook(`${await app.getUrl()}${DOOR}`, signedEvent(wireEvent(newId()), secret))).status;
    try {
      expect(await elsewhere(SECRET)).toBe(200);
      const added = newWebhookSecret();
      await give(added);
      await new Promise((resume) => setTimeout(resume, 120));
      expect(await elsewhere(added)).toBe(200);
      await rotate({ secret: SECRET, overlapSeconds: 0 });
      await eventually('its end', async () => (await elsewhere(added)) === 400 || undefined);
    } finally {
      await app.close();
    }
  });

  it('that cannot be read are not taken for a forgery: Stripe is to come again', async () => {
    const lost = newWebhookSecret();
    await give(lost);
    await world.sql(`update stripe_webhook_secret set sealed_secret = 'v1.00000000.AAAA' where created_at = (select max(created_at) from stripe_webhook_secret)`);
    await new Promise((resume) => setTimeout(resume, 1000));
    expect(await send(wireEvent(newId()), lost)).toMatchObject({ status: 503, body: { code: 'secret_unreadable' } });
    expect((await send(wireEvent(newId()))).status).toBe(200);
    await world.sql(`delete from stripe_webhook_secret where sealed_secret = 'v1.00000000.AAAA'`);
  });

  it('are ten at most, are shown nowhere, and lie nowhere in clear', async () => {
    const secrets = Array.from({ length: 12 }, newWebhookSecret);
    const answers = [];
    for (const secret of secrets) {
      answers.push(await world.api.post<{ code?: string }>(`/v1/stripe/connections/${ONLY}/webhook-secret`, { secret }));
    }
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 9 }, () => 200), 422, 422, 422]);
    expect(answers.at(-1)?.body.code).toBe('webhook_secrets_too_many');
    expect((await world.api.post(`/v1/stripe/connections/${ONLY}/webhook-secret`, { secret: SECRET })).status).toBe(200);
    const said = JSON.stringify([answers, await must(world.api.get('/v1/stripe/connections')), await must(world.api.get('/v1/audit?limit=100')), await world.sql('select * from stripe_webhook_secret')]);
    expect(said).not.toMatch(/whsec_\w/);
    await rotate({ secret: SECRET, overlapSeconds: 0 });
  });

  it.each(['', 'whsec_', 'rk_test_1234567890', `whsec_${'x'.repeat(300)}`, 'whsec_with space'])('are no other texts: %j', async (secret) => {
    expect(await world.api.post(`/v1/stripe/connections/${ONLY}/webhook-secret`, { secret })).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
  });
});
