import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { answerAsStripe, EVERY_SECRET, found, PEOPLE, SECRETS } from '../support/canaries.js';
import { CanaryWalk } from '../support/canary-walk.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.js';
import { type AppProcess, freePort, logLines, startProcess } from '../support/processes.js';

const IMPORT_PATIENCE_MS = 240_000;

let database: TestDatabase;
let stripe: FakeStripe;
let api: AppProcess;
let worker: AppProcess;
let walk: CanaryWalk;
let runId: string;
let commandStates: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  stripe = await startFakeStripe(answerAsStripe);
  const port = await freePort();
  const settings = { DATABASE_URL: database.url, STRIPE_API_BASE: stripe.url, KANA_ENCRYPTION_KEY: SECRETS.encryption, LOG_LEVEL: 'trace' };
  api = await startProcess('api', { ...settings, KANA_ADMIN_KEY: SECRETS.admin, PORT: String(port) });
  worker = await startProcess('worker', settings);
  walk = new CanaryWalk(`http://127.0.0.1:${port}`, database.url, () => worker.output());
  await walk.knockAtEveryDoor();
  const { text } = await walk.post('/v1/stripe/connections', { apiKey: SECRETS.stripe });
  runId = await walk.importUntilItFails((JSON.parse(text) as { id: string }).id);
  commandStates = await walk.payUntilItFails();
  await api.stop();
  await worker.stop();
}, IMPORT_PATIENCE_MS);

afterAll(async () => {
  [api, worker].forEach(({ child }) => child.kill('SIGKILL'));
  await stripe.close();
  await database.drop();
});

/** Where people may be named: they and their customers, what a person is told of them, and what an answer must repeat. */
const TABLES_OF_PEOPLE = /^public\.(kana_user|user_name|email_claim|stripe_customer|customer_link|stripe_subscription|sync_issue|import_row|sync_command|audit_\w+|idempotency_\w+)$/;
/** What tells of a command tells whom it is for, and what Stripe was to be told of them. */
const TELLS_OF_COMMANDS = /^(POST \/v1\/subscriptions|GET \/v1\/sync\/(commands\/?\w*|issues))$/;

describe('canaries', () => {
  it('went through every door, in both processes', () => {
    expect(walk.answers.filter(({ status }) => status >= 500).map(({ asked }) => asked)).toEqual(['POST /v1/users', 'POST /v1/users']);
    expect(walk.answers.length).toBeGreaterThan(20);
    expect(stripe.asked.map(({ key }) => key)).toEqual(expect.arrayContaining([SECRETS.stripe, SECRETS.refusedStripe]));
    expect(stripe.asked.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual(['/v1/prices', '/v1/customers', '/v1/customers']);
    expect(commandStates).toEqual(['APPLIED', 'FAILED', 'FAILED']);
    expect(logLines(api.output()).length).toBeGreaterThan(walk.answers.length);
    expect(logLines(worker.output()).length).toBeGreaterThan(5);
  });

  it.each([
    ['the api', () => api],
    ['the worker', () => worker],
  ])('are in no log line of %s, at the most talkative level', (_name, app) => {
    const text = `${app().output()}${app().errors()}`;
    expect(found(text, { ...EVERY_SECRET, ...PEOPLE })).toEqual([]);
    expect(text).not.toMatch(/canary-(name|stripe)/i);
  });

  it('that are secrets stand in no answer', () => {
    expect(walk.answers.flatMap(({ asked, text }) => found(text, EVERY_SECRET).map((name) => `${name} in ${asked}`))).toEqual([]);
  });

  it('that name people stand only in answers about them', () => {
    const others = walk.answers.filter(({ asked, status }) => !(asked.includes('/v1/users') && (status < 300 || status === 409)) && !TELLS_OF_COMMANDS.test(asked));
    expect(others.length).toBeGreaterThan(15);
    expect(others.flatMap(({ asked, text }) => found(text, PEOPLE).map((name) => `${name} in ${asked}`))).toEqual([]);
  });

  it('that name people in what is told of a command are the company’s own, without a word of Stripe’s', () => {
    const { id, name, email, ...others } = PEOPLE;
    const told = walk.answers.filter(({ asked }) => TELLS_OF_COMMANDS.test(asked));
    expect(new Set(told.flatMap(({ text }) => found(text, { id, name, email })))).toEqual(new Set(['id', 'name', 'email']));
    expect(told.flatMap(({ asked, text }) => found(text, others).map((canary) => `${canary} in ${asked}`))).toEqual([]);
    expect(told.filter(({ text }) => text.includes('No such thing for [redacted] and (key)')).map(({ asked }) => asked)).toEqual(
      expect.arrayContaining(['GET /v1/sync/commands', 'GET /v1/sync/issues']),
    );
  });

  it('that are secrets stand in no table', async () => {
    const texts = await walk.dump();
    expect(texts.size).toBeGreaterThan(20);
    expect([...texts].flatMap(([table, text]) => found(text, EVERY_SECRET).map((name) => `${name} in ${table}`))).toEqual([]);
  });

  it('that name people stand in no table but theirs: not in the queue, nor in runs', async () => {
    const texts = [...(await walk.dump())];
    const told = texts.flatMap(([table, text]) => (found(text, PEOPLE).length > 0 ? [table] : []));
    expect(told).toContain('public.kana_user');
    expect(told.filter((table) => !TABLES_OF_PEOPLE.test(table))).toEqual([]);
  });

  it('are not in the document', () => {
    const text = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
    expect(found(text, { ...EVERY_SECRET, ...PEOPLE })).toEqual([]);
  });
});

describe('what an operator goes by', () => {
  it('every answer has a request id, and its log line has the same', () => {
    const logged = new Set(logLines(api.output()).map((line) => line['requestId']));
    expect(walk.answers.filter(({ requestId }) => requestId === null)).toEqual([]);
    const ids = walk.answers.flatMap(({ requestId }) => (requestId === null || requestId === SECRETS.webhook ? [] : [requestId]));
    expect(ids.filter((id) => !logged.has(id))).toEqual([]);
  });

  it('a failed page is one line with Stripe’s request id and the run’s, and so is a call that is tried again', () => {
    const lines = logLines(worker.output()).filter((line) => line['stripeRequestId'] !== undefined);
    expect(lines.map(({ msg }) => msg)).toEqual(['A call of Stripe failed and is tried again', 'The import failed']);
    expect(lines.map((line) => line['runId'])).toEqual([runId, runId]);
    lines.forEach((line) => expect(line['stripeRequestId']).toMatch(/^req_fake_\d+$/));
  });
});
