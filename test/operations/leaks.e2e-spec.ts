import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { eventually } from '../import/kana.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type AskedOfStripe, type FakeAnswer, type FakeStripe, startFakeStripe, stripeFault } from '../support/fake-stripe.js';
import { type AppProcess, freePort, logLines, startProcess } from '../support/processes.js';
import { wireCustomer, wireList, wireSubscription } from '../support/stripe-wire.js';

/** What nobody but its owner may ever read. Each can be told from all else, so that one search finds it anywhere. */
const SECRETS = {
  admin: `kana_test_CanaryAdmin${'0'.repeat(30)}`,
  stripe: 'rk_test_CanaryStripe00000000001',
  refusedStripe: 'rk_test_CanaryRefused0000000002',
  callerStripe: 'sk_live_CanaryCaller0000000003',
  webhook: 'whsec_CanaryWebhook0000000000004',
  encryption: 'ca4a17'.repeat(10) + 'ca4a',
  bearer: 'CanaryBearerWithoutAnyShape5',
} as const;

const PEOPLE = {
  email: 'canary.email@people.example',
  id: 'canary.id@people.example',
  stripeEmail: 'canary.stripe@people.example',
  name: 'Canary-Name Nightingale',
  stripeName: 'Canary-Stripe Nightingale',
  query: 'canary.query@people.example',
} as const;

const IMPORT_PATIENCE_MS = 120_000;

let database: TestDatabase;
let stripe: FakeStripe;
let api: AppProcess;
let worker: AppProcess;
let url: string;
/** Of every answer of the api: what it was asked, and all that it said. */
const answers: { asked: string; status: number; requestId: string | null; text: string }[] = [];
let runId: string;

/** An account with one subscription, whose second page breaks: first for a while, then for good and with much to say. */
function answerAsStripe({ path, key, time }: AskedOfStripe): FakeAnswer {
  if (key === SECRETS.refusedStripe) {
    return stripeFault(401, { message: `Invalid API Key provided: ${key}, of ${PEOPLE.stripeEmail}` });
  }
  if (path === '/v1/account') {
    return { body: { id: 'acct_canary', object: 'account', email: PEOPLE.stripeEmail } };
  }
  if (path === '/v1/subscriptions') {
    return answerSubscriptions(time);
  }
  return { body: wireList([]) };
}

/** The first question is that of the connection: whether it may ask at all. */
function answerSubscriptions(time: number): FakeAnswer {
  if (time <= 2) {
    const customer = wireCustomer('cus_1', { email: PEOPLE.stripeEmail, name: PEOPLE.stripeName });
    return { body: wireList([wireSubscription('sub_1', { customer })], true) };
  }
  return time === 3 ? stripeFault(500, { message: `Trouble with ${PEOPLE.stripeEmail}` }) : stripeFault(400, { message: `No such thing for ${PEOPLE.stripeEmail} and ${SECRETS.stripe}` });
}

async function ask(method: string, path: string, { key = SECRETS.admin, body, headers = {} }: { key?: string; body?: string; headers?: Record<string, string> } = {}) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': `canary-${answers.length}` }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  answers.push({ asked: `${method} ${path}`, status: response.status, requestId: response.headers.get('x-request-id'), text });
  return { status: response.status, text };
}

const post = (path: string, body: object) => ask('POST', path, { body: JSON.stringify(body) });

async function runSql(statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement);
    return rows;
  } finally {
    await client.end();
  }
}

/** Through the paths, queries, headers and bodies of requests that succeed, are refused, and break. */
async function knockAtEveryDoor(): Promise<void> {
  const id = encodeURIComponent(PEOPLE.id);
  await post('/v1/users', { id: PEOPLE.id, name: PEOPLE.name, email: PEOPLE.email });
  await post('/v1/users', { id: PEOPLE.id, name: PEOPLE.name, email: PEOPLE.email });
  await ask('GET', `/v1/users/${id}`);
  await ask('GET', `/v1/users/${id}/entitlements/nothing?email=${encodeURIComponent(PEOPLE.query)}`);
  await ask('GET', `/no/such/${id}?key=${SECRETS.callerStripe}&email=${encodeURIComponent(PEOPLE.query)}`);
  await ask('GET', `/v1/users/%zz${id}`);
  await ask('GET', '/v1/users', { key: SECRETS.bearer });
  await ask('GET', '/v1/users', { key: SECRETS.callerStripe });
  await ask('GET', '/v1/features', { headers: { 'x-request-id': SECRETS.webhook, 'x-api-key': SECRETS.callerStripe, cookie: `session=${SECRETS.webhook}` } });
  await ask('GET', '/v1/features', { headers: { 'stripe-signature': SECRETS.webhook, 'user-agent': PEOPLE.query, referer: `https://x.example/${PEOPLE.query}` } });
  await ask('POST', '/v1/users', { body: `{"id":"${PEOPLE.id}","email":"${PEOPLE.email}","secret":` });
  await post('/v1/users', { id: 'x', secret: SECRETS.webhook, email: { of: PEOPLE.email } });
  await post('/v1/features', { id: 'x', name: PEOPLE.name, type: SECRETS.callerStripe });
  await post('/v1/stripe/connections', { apiKey: SECRETS.refusedStripe });
  await post('/v1/stripe/connections', { apiKey: SECRETS.callerStripe });
  await breakTheDatabase();
}

/** PostgreSQL's own complaints: about a value that it repeats, and about a row that it shows. */
async function breakTheDatabase(): Promise<void> {
  await runSql(`create function complain() returns trigger language plpgsql as $$ begin
    if new.name like '%value%' then perform new.name::integer; end if; return new; end $$`);
  await runSql('create trigger complain before insert on kana_user for each row execute function complain()');
  await runSql(`alter table kana_user add constraint canary check (name not like '%row%') not valid`);
  const broken = [`${PEOPLE.name} value`, `${PEOPLE.name} row`];
  for (const name of broken) {
    expect((await post('/v1/users', { id: `of ${name}`, name, email: PEOPLE.email })).status).toBe(500);
  }
  await runSql('drop trigger complain on kana_user; alter table kana_user drop constraint canary');
}

async function importUntilItFails(): Promise<void> {
  const { text } = await post('/v1/stripe/connections', { apiKey: SECRETS.stripe });
  const { id } = JSON.parse(text) as { id: string };
  const started = await post('/v1/stripe/imports', { connectionId: id });
  runId = (JSON.parse(started.text) as { id: string }).id;
  await eventually('the end of the run', async () => {
    const [run] = await runSql(`select status from import_run where id = '${runId}'`);
    return run?.['status'] === 'FAILED' ? true : undefined;
  });
  for (const path of [`/v1/stripe/imports/${runId}`, `/v1/stripe/connections/${id}`, '/v1/sync/issues', '/health/ready', '/metrics', '/openapi.json']) {
    await ask('GET', path);
  }
}

beforeAll(async () => {
  database = await createTestDatabase();
  stripe = await startFakeStripe(answerAsStripe);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const settings = { DATABASE_URL: database.url, STRIPE_API_BASE: stripe.url, KANA_ENCRYPTION_KEY: SECRETS.encryption, LOG_LEVEL: 'trace' };
  api = await startProcess('api', { ...settings, KANA_ADMIN_KEY: SECRETS.admin, PORT: String(port) });
  worker = await startProcess('worker', settings);
  await knockAtEveryDoor();
  await importUntilItFails();
  await api.stop();
  await worker.stop();
}, IMPORT_PATIENCE_MS);

afterAll(async () => {
  [api, worker].forEach(({ child }) => child.kill('SIGKILL'));
  await stripe.close();
  await database.drop();
});

/** Which of these stand in the text, in any of the ways in which they may be written. */
function found(text: string, canaries: Readonly<Record<string, string>>): string[] {
  const waysOf = (value: string) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64').slice(0, -4)];
  const lowered = text.toLowerCase();
  return Object.entries(canaries).filter(([, value]) => waysOf(value).some((way) => lowered.includes(way.toLowerCase()))).map(([name]) => name);
}

const everyWritingOf = { ...SECRETS, encryptionBytes: Buffer.from(SECRETS.encryption, 'hex').toString('base64').slice(0, -1) };

/** Every row of every table, the queue's too, as text. */
async function dump(): Promise<Map<string, string>> {
  const tables = await runSql(`select table_schema as schema, table_name as name from information_schema.tables where table_schema in ('public', 'bullmq') and table_type = 'BASE TABLE'`);
  const texts = new Map<string, string>();
  for (const { schema, name } of tables) {
    const rows = await runSql(`select to_jsonb(t) as row from ${String(schema)}."${String(name)}" t`);
    texts.set(`${String(schema)}.${String(name)}`, JSON.stringify(rows));
  }
  return texts;
}

/** Where people may be named: they and their customers, what a person is told of them, and what an answer must repeat. */
const TABLES_OF_PEOPLE = /^public\.(kana_user|user_name|email_claim|stripe_customer|customer_link|stripe_subscription|sync_issue|import_row|audit_\w+|idempotency_\w+)$/;

describe('canaries', () => {
  it('went through every door, in both processes', () => {
    expect(answers.filter(({ status }) => status >= 500).map(({ asked }) => asked)).toEqual(['POST /v1/users', 'POST /v1/users']);
    expect(answers.length).toBeGreaterThan(20);
    expect(stripe.asked.map(({ key }) => key)).toEqual(expect.arrayContaining([SECRETS.stripe, SECRETS.refusedStripe]));
    expect(logLines(api.output()).length).toBeGreaterThan(answers.length);
    expect(logLines(worker.output()).length).toBeGreaterThan(5);
  });

  it.each([
    ['the api', () => api],
    ['the worker', () => worker],
  ])('are in no log line of %s, at the most talkative level', (_name, app) => {
    const text = `${app().output()}${app().errors()}`;
    expect(found(text, { ...everyWritingOf, ...PEOPLE })).toEqual([]);
    expect(text).not.toMatch(/canary-(name|stripe)/i);
  });

  it('that are secrets stand in no answer', () => {
    expect(answers.flatMap(({ asked, text }) => found(text, everyWritingOf).map((name) => `${name} in ${asked}`))).toEqual([]);
  });

  it('that name people stand only in answers about them', () => {
    const others = answers.filter(({ asked, status }) => !(asked.includes('/v1/users') && (status < 300 || status === 409)));
    expect(others.length).toBeGreaterThan(15);
    expect(others.flatMap(({ asked, text }) => found(text, PEOPLE).map((name) => `${name} in ${asked}`))).toEqual([]);
  });

  it('that are secrets stand in no table', async () => {
    const texts = await dump();
    expect(texts.size).toBeGreaterThan(20);
    expect([...texts].flatMap(([table, text]) => found(text, everyWritingOf).map((name) => `${name} in ${table}`))).toEqual([]);
  });

  it('that name people stand in no table but theirs: not in the queue, nor in runs', async () => {
    const texts = [...(await dump())];
    const told = texts.flatMap(([table, text]) => (found(text, PEOPLE).length > 0 ? [table] : []));
    expect(told).toContain('public.kana_user');
    expect(told.filter((table) => !TABLES_OF_PEOPLE.test(table))).toEqual([]);
  });

  it('are not in the document', () => {
    const text = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
    expect(found(text, { ...everyWritingOf, ...PEOPLE })).toEqual([]);
  });
});

describe('what an operator goes by', () => {
  it('every answer has a request id, and its log line has the same', () => {
    const logged = new Set(logLines(api.output()).map((line) => line['requestId']));
    expect(answers.filter(({ requestId }) => requestId === null)).toEqual([]);
    const ids = answers.flatMap(({ requestId }) => (requestId === null || requestId === SECRETS.webhook ? [] : [requestId]));
    expect(ids.filter((id) => !logged.has(id))).toEqual([]);
  });

  it('a failed page is one line with Stripe’s request id and the run’s, and so is a call that is tried again', () => {
    const lines = logLines(worker.output()).filter((line) => line['stripeRequestId'] !== undefined);
    expect(lines.map(({ msg }) => msg)).toEqual(['A call of Stripe failed and is tried again', 'The import failed']);
    expect(lines.map((line) => line['runId'])).toEqual([runId, runId]);
    lines.forEach((line) => expect(line['stripeRequestId']).toMatch(/^req_fake_\d+$/));
  });
});
