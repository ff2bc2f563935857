import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { OracleAccess } from '../support/oracle/access.js';
import type { Catalog, GivenUser, StripeStore } from '../support/oracle/account.js';
import { type Prediction, predictImport } from '../support/oracle/oracle.js';
import { answers, choosePlace, type Place, Rehearsal, removePlace } from './rehearsal.js';

const PATIENCE_MS = 180_000;
const CHECKS_PER_CALL = 100;

interface SeenUser {
  id: string;
  email: string | null;
  billingId: string | null;
  sources: { email: string | null; billingId: string | null };
}

interface SeenPrice {
  id: string;
  mapping: { packageId: string } | null;
}

interface SeenCheck {
  userId: string;
  featureId: string;
  access: boolean;
  consumption: { budget: number | null } | null;
}

let place: Place;
let rehearsal: Rehearsal;
let prediction: Prediction;
let catalog: Catalog;

async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const key = readFileSync(join(place.dataDir, 'admin-key'), 'utf8').trim();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(`${place.apiUrl}${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  return (await response.json()) as Answer;
}

async function all<Item>(path: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const position: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { data: Item[]; nextCursor: string | null } = await call('GET', `${path}?limit=100${position}`);
    items.push(...page.data);
    cursor = page.nextCursor;
  }
  return items;
}

/** What the company of the rehearsal has set up, as anybody can see it from outside. */
async function predictFromOutside(): Promise<Prediction> {
  const store = (await (await fetch(`${place.sandboxUrl}/_sandbox/store`)).json()) as StripeStore;
  catalog = { features: await all('/v1/features'), packages: await all('/v1/packages') };
  const users = (await all<SeenUser>('/v1/users')).flatMap(({ id, email, billingId, sources }): GivenUser[] =>
    sources.email === 'COMPANY' || sources.billingId === 'COMPANY'
      ? [{ id, email: sources.email === 'COMPANY' ? (email ?? undefined) : undefined, billingId: sources.billingId === 'COMPANY' ? (billingId ?? undefined) : undefined }]
      : [],
  );
  const mapped = (await all<SeenPrice>('/v1/stripe/prices')).flatMap(({ id, mapping }) => (mapping === null ? [] : [[id, mapping.packageId]]));
  const mapping = Object.fromEntries(mapped) as Record<string, string>;
  return predictImport({ store, users, catalog, mapping });
}

/** The numbers of one line of the summary, without thousands' commas. */
function numbersOf(label: string): number[] {
  const line = rehearsal.output.split('\n').find((text) => text.trim().startsWith(label)) ?? '';
  return [...line.slice(line.indexOf(label) + label.length).matchAll(/\d[\d,]*/g)].map(([number]) => Number(number.replaceAll(',', '')));
}

/** What the summary says of waiting prices, by price, as far as it names them. */
function waitingInSummary(): Record<string, number> {
  const lines = rehearsal.output.split('\n').filter((text) => /\(\d+\)/.test(text) && text.includes(': '));
  return Object.fromEntries(lines.flatMap((line) => [...line.matchAll(/(\S+) \((\d+)\)/g)].map(([, id = '', count]) => [id, Number(count)])));
}

async function accessOfAll(): Promise<Map<string, OracleAccess>> {
  const questions = prediction.users.flatMap(({ id }) => catalog.features.map((feature) => ({ userId: id, featureId: feature.id })));
  const seen = new Map<string, OracleAccess>();
  for (let start = 0; start < questions.length; start += CHECKS_PER_CALL) {
    const { data } = await call<{ data: SeenCheck[] }>('POST', '/v1/entitlements/check', { checks: questions.slice(start, start + CHECKS_PER_CALL) });
    for (const { userId, featureId, access, consumption } of data) {
      seen.set(`${userId} ${featureId}`, consumption === null ? { access } : { access, budget: consumption.budget });
    }
  }
  return seen;
}

beforeAll(async () => {
  place = await choosePlace();
  rehearsal = await Rehearsal.start(place);
  prediction = await predictFromOutside();
}, PATIENCE_MS);

afterAll(async () => {
  rehearsal.process.kill('SIGINT');
  await rehearsal.ended;
  removePlace(place);
}, PATIENCE_MS);

describe('the rehearsal', () => {
  it('tells in its summary what a naive count over the sandbox’s own store gives', () => {
    const { counts, userCounts } = prediction;
    const matched = [userCounts.matchedByBillingId, userCounts.matchedByMetadata, userCounts.matchedByEmail];
    expect({
      seen: numbersOf('Subscriptions seen'),
      imported: numbersOf('Imported '),
      parked: numbersOf('Parked '),
      failed: numbersOf('Failed '),
      matched: numbersOf('Users matched'),
      created: numbersOf('Users created'),
      conflicts: numbersOf('Customers in conflict'),
    }).toEqual({
      seen: [counts.seen],
      imported: [counts.created, counts.partlyParked],
      parked: [counts.parked],
      failed: [counts.failed],
      matched: [matched.reduce((sum, count) => sum + count), ...matched],
      created: [userCounts.created],
      conflicts: [userCounts.conflicts],
    });
  });

  it('names the prices that live subscriptions wait on, with how many', () => {
    const waiting = [...prediction.prices].filter(([, { subscriptions }]) => subscriptions > 0);
    expect(numbersOf('Waiting on unmapped prices')).toEqual([waiting.length]);
    const named = waitingInSummary();
    expect(Object.keys(named).length).toBeGreaterThan(3);
    expect(named).toEqual(Object.fromEntries(waiting.filter(([id]) => id in named).map(([id, { subscriptions }]) => [id, subscriptions])));
  });

  it('gives every user of the demo account exactly what the rules give, feature by feature', async () => {
    expect(prediction.contested).toEqual([]);
    expect(await accessOfAll()).toEqual(new Map(prediction.access));
  }, PATIENCE_MS);

  it('leaves nothing behind when its launcher is killed, and finds the data as they were', async () => {
    const before = rehearsal.output.slice(rehearsal.output.indexOf('Summary of the import'), rehearsal.output.indexOf('Kana is running.'));
    rehearsal.process.kill('SIGKILL');
    while ((await answers(place.apiUrl)) || (await answers(place.sandboxUrl))) {
      await sleep(100);
    }
    rehearsal = await Rehearsal.start(place);
    const after = rehearsal.output.slice(rehearsal.output.indexOf('Summary of the import'), rehearsal.output.indexOf('Kana is running.'));
    expect(after.split('\nMay ')[0]).toBe(before.split('\nMay ')[0]);
    expect(await predictFromOutside()).toEqual(prediction);
  }, PATIENCE_MS);

  it('follows what happens in the sandbox by webhooks, after a second start as well', async () => {
    const [held] = (await call<{ data: { id: string; stripe: { subscriptionId: string } | null }[] }>('GET', '/v1/subscriptions?status=ACTIVE&limit=1')).data;
    const cancelled = await fetch(`${place.sandboxUrl}/v1/subscriptions/${held?.stripe?.subscriptionId}`, { method: 'DELETE', headers: { authorization: 'Bearer sk_test_x' } });
    expect(cancelled.status).toBe(200);
    while ((await call<{ status: string }>('GET', `/v1/subscriptions/${held?.id}`)).status !== 'CANCELLED') {
      await sleep(20);
    }
  }, PATIENCE_MS);
});
