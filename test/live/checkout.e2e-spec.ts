import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually, ok } from '../import/kana.js';
import { accountSeed } from '../import/world.js';
import { type LiveAccount, openLiveAccount } from './live-account.js';

/* A user pays at a Checkout that was opened for them, with an email that is not theirs in Kana: from the page to the answer. */
const SEED = accountSeed(10);
const PATIENCE_MS = 120_000;
const PRICE = 'price_TeamMonthUsd';

let account: LiveAccount;

beforeAll(async () => {
  account = await openLiveAccount({ seed: SEED, subscriptions: 10 });
}, PATIENCE_MS);
afterAll(() => account.close());

interface Link {
  customerId: string;
  matchedBy: string;
  matchedValue: string | null;
}

async function linksOf(user: string): Promise<Link[]> {
  return (await ok(account.world.api.get<{ data: Link[] }>(`/v1/users/${user}/links`))).data;
}

async function packagesOf(user: string): Promise<string[]> {
  const { data } = await ok(account.world.api.get<{ data: { packageId: string; givesAccess: boolean }[] }>(`/v1/users/${user}/subscriptions`));
  return data.filter(({ givesAccess }) => givesAccess).map(({ packageId }) => packageId);
}

async function pay(user: string, email: string): Promise<string> {
  const { mutate, checkouts } = account.world.sandbox;
  await ok(account.world.api.post('/v1/users', { id: user }));
  const session = mutate.createSession({
    mode: 'subscription', line_items: [{ price: PRICE, quantity: 1 }], success_url: 'https://shop.example/ok', client_reference_id: user,
  });
  const answer = await fetch(checkouts.show(session.id).url ?? '', { method: 'POST', body: new URLSearchParams({ email, name: 'Payer', outcome: 'pay' }), redirect: 'manual' });
  expect(answer.status).toBe(303);
  return checkouts.show(session.id).customer ?? '';
}

describe(`a Checkout that was opened for a user (seed ${SEED})`, () => {
  it.each<[string, Parameters<LiveAccount['world']['sandbox']['deliveries']['put']>[0]]>([
    ['in order', {}],
    ['in any order, twice', { shuffle: true, double: 1, seed: '1' }],
    ['in any other order, with one second', { shuffle: true, oneSecond: true, seed: '2' }],
  ])('gives what was paid for to that user, webhooks %s', async (how, delivery) => {
    const { sandbox } = account.world;
    sandbox.deliveries.put(delivery);
    const user = `payer-${how.length}`;
    const customerId = await pay(user, `${user}@private.example`);
    await account.settled();
    sandbox.deliveries.put({});
    // What follows for a customer comes after its events are settled.
    await eventually('the package of the payer', async () => (await packagesOf(user)).length === 1 || undefined);
    expect(await linksOf(user)).toMatchObject([{ customerId, matchedBy: 'CHECKOUT', matchedValue: user }]);
    expect(await account.sql(`select kind from sync_issue where subject_id = $1 and closed_at is null`, [customerId])).toEqual([]);
  }, PATIENCE_MS);

  it('asks a human where the email is that of a user of the company’s, and its webhook comes last', async () => {
    const { sandbox, api } = account.world;
    // It would bring what is held back.
    await account.stopPolls();
    await ok(api.post('/v1/users', { id: 'owner', email: 'owner@private.example' }));
    const before = sandbox.events.records().length;
    sandbox.deliveries.put({ hold: true });
    const customerId = await pay('buyer', 'owner@private.example');
    // All but the last of them, which is the session's.
    sandbox.deliveries.release(sandbox.events.records().length - before - 1);
    await eventually('the link by the email', async () => (await linksOf('owner')).length === 1 || undefined);
    await account.settled();
    sandbox.deliveries.release();
    sandbox.deliveries.put({});
    await account.settled();
    await eventually('the issue', async () => {
      const issues = await account.sql(`select 1 from sync_issue where subject_id = $1 and kind = 'CHECKOUT_USER_DIFFERS' and closed_at is null`, [customerId]);
      return issues.length === 1 || undefined;
    });
    expect(await linksOf('buyer')).toEqual([]);
    expect(await linksOf('owner')).toMatchObject([{ customerId, matchedBy: 'EMAIL' }]);
  }, PATIENCE_MS);
});
