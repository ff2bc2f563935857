import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { answerAsStripe, EVERY_SECRET, found, PEOPLE, SECRETS } from '../support/canaries.js';
import { CanaryWalk } from '../support/canary-walk.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.js';
import { type AppProcess, freePort, logLines, startProcess } from '../support/processes.js';

const IMPORT_PATIENCE_MS = 120_000;

let database: TestDatabase;
let stripe: FakeStripe;
let api: AppProcess;
let worker: AppProcess;
let walk: CanaryWalk;
let runId: string;

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
  await api.stop();
  await worker.stop();
}, IMPORT_PATIENCE_MS);

afterAll(async () => {
  [api, worker].forEach(({ child }) => child.kill('SIGKILL'));
  await stripe.close();
  await database.drop();
});

/** Where people may be named: they and their customers, what a person is told of them, and what an answer must repeat. */
const TABLES_OF_PEOPLE = /^public\.(kana_user|user_name|email_claim|stripe_customer|customer_link|stripe_subscription|sync_issue|import_row|audit_\w+|idempotency_\w+)$/;

describe('canaries', () => {
  it('went through every door, in both processes', () => {
    expect(walk.answers.filter(({ status }) => status >= 500).map(({ asked }) => asked)).toEqual(['POST /v1/users', 'POST /v1/users']);
    expect(walk.answers.length).toBeGreaterThan(20);
    expect(stripe.asked.map(({ key }) => key)).toEqual(expect.arrayContaining([SECRETS.stripe, SECRETS.refusedStripe]));
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
    const others = walk.answers.filter(({ asked, status }) => !(asked.includes('/v1/users') && (status < 300 || status === 409)));
    expect(others.length).toBeGreaterThan(15);
    expect(others.flatMap(({ asked, text }) => found(text, PEOPLE).map((name) => `${name} in ${asked}`))).toEqual([]);
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
