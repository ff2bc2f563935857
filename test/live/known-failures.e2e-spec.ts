import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually, ok, runImport, startImport, waitForEnd } from '../import/kana.js';
import { accountSeed } from '../import/world.js';
import { changeBetweenPages } from '../import/faults.js';
import { type LiveAccount, openLiveAccount } from './live-account.js';

/**
 * What went wrong in published sync engines and write-ups of others (design: stripe.md), each as a test. Some of it has
 * tables of cases elsewhere; here it is seen from Stripe to the answer.
 */
const SEED = accountSeed(40);
const PATIENCE_MS = 120_000;
const PRICES = { team: 'price_TeamMonthUsd', seats: 'price_SeatsMonthUsd', starter: 'price_StarterMonthUsd' };

let account: LiveAccount;
let made = 0;
beforeAll(async () => {
  account = await openLiveAccount({ seed: SEED, subscriptions: 40 });
}, PATIENCE_MS);
afterAll(() => account.close());

interface Subscribed {
  readonly id: string;
  readonly email: string;
  readonly itemId: string;
}

/** A new customer with a subscription to these prices. */
function subscribe(...prices: readonly string[]): Subscribed {
  made += 1;
  const email = `known.${made}@failures.example`;
  const { mutate, truth } = account.world.sandbox;
  const customer = mutate.createCustomer({ email }).id;
  const { id } = mutate.createSubscription({ customer, items: prices.map((price) => ({ price })) });
  const itemId = truth().subscriptions.find((one) => one.id === id)?.items[0]?.id ?? '';
  return { id, email, itemId };
}

async function may(userId: string, featureId: string): Promise<boolean | undefined> {
  const { data } = await ok(account.world.api.post<{ data: { access?: boolean }[] }>('/v1/entitlements/check', { checks: [{ userId, featureId }] }));
  return data[0]?.access;
}

const statusOf = async (id: string): Promise<string | undefined> => (await account.sql<{ status: string }>(`select status from stripe_subscription where id = $1`, [id]))[0]?.status;
const resultsOf = (objectId: string) => account.sql<{ type: string; result: string }>(`select type, result from sync_event where object_id = $1 order by received_at`, [objectId]);

describe(`what went wrong elsewhere (seed ${SEED})`, () => {
  it('the second of two events with one second is not dropped', async () => {
    const { sandbox } = account.world;
    sandbox.deliveries.put({ oneSecond: true, shuffle: true });
    const { id, itemId } = subscribe(PRICES.team);
    for (const quantity of [2, 3, 4, 5]) {
      sandbox.mutate.updateSubscription(id, { items: [{ id: itemId, quantity }] });
    }
    await account.settled();
    sandbox.deliveries.put({});
    expect(await account.sql(`select quantity::int from stripe_subscription_item where subscription_id = $1`, [id])).toEqual([{ quantity: 5 }]);
  }, PATIENCE_MS);

  it('an event of a change that fell into the reading of a page is not lost', async () => {
    const { sandbox, api } = account.world;
    const { id } = subscribe(PRICES.team);
    await account.settled();
    sandbox.setFaults({ seed: '1', shortPages: 1 });
    changeBetweenPages(sandbox, 2, () => sandbox.mutate.cancelSubscription(id));
    await waitForEnd(api, await startImport(api));
    sandbox.setFaults({});
    await account.settled();
    expect(await statusOf(id)).toBe('canceled');
  }, PATIENCE_MS);

  it('canceled subscriptions are imported, too', async () => {
    const canceled = account.world.sandbox.truth().subscriptions.filter(({ status }) => status === 'canceled');
    const [row] = await account.sql<{ count: number }>(`select count(*)::int as count from stripe_subscription where status = 'canceled'`);
    expect(canceled.length).toBeGreaterThan(0);
    expect(row?.count).toBe(canceled.length);
  });

  it('an unknown type of event is taken and left aside; an unknown status gives no access and is told of', async () => {
    const { sandbox, api } = account.world;
    const { id, email } = subscribe(PRICES.team);
    sandbox.events.emit({ type: 'billing.thing.nobody_knows', object: { id: 'bt_1', object: 'billing_thing' } });
    sandbox.changes.changeSubscription(id, { status: 'hibernating' });
    await account.settled();
    expect(await account.sql(`select result, reason from sync_event where type = 'billing.thing.nobody_knows'`)).toEqual([{ result: 'IGNORED', reason: 'TYPE_NOT_HANDLED' }]);
    expect(await may(email, 'projects')).toBe(false);
    await eventually('the issue', async () => {
      const { data } = await ok(api.get<{ data: { subject: { id: string } }[] }>('/v1/sync/issues?status=OPEN&kind=STATUS_UNKNOWN&limit=100'));
      return data.some(({ subject }) => subject.id === id) || undefined;
    });
  }, PATIENCE_MS);

  it('every item counts, whichever comes first', async () => {
    const { sandbox } = account.world;
    const { id, email } = subscribe(PRICES.starter, PRICES.team);
    const { email: other } = subscribe(PRICES.team, PRICES.starter);
    await account.settled();
    const budgets = await Promise.all([email, other].map((userId) => budget(userId)));
    expect(budgets[0]).toBe(budgets[1]);
    const [first] = sandbox.truth().subscriptions.find((one) => one.id === id)?.items ?? [];
    sandbox.mutate.updateSubscription(id, { items: [{ id: first?.id ?? '', deleted: true }] });
    await account.settled();
    const open = await account.sql<{ package_id: string }>(`select package_id from package_subscription where stripe_subscription_id = $1 and ended_at is null`, [id]);
    expect(open).toHaveLength(1);
  }, PATIENCE_MS);

  it('a delivery that comes again after a failure is no duplicate: the event is settled', async () => {
    const { sandbox } = account.world;
    const { id, itemId } = subscribe(PRICES.team);
    await account.settled();
    sandbox.setFaults({ failing: 1 });
    // Two of one second: Stripe must be asked, and does not answer.
    sandbox.deliveries.put({ oneSecond: true });
    sandbox.mutate.updateSubscription(id, { items: [{ id: itemId, quantity: 8 }] });
    sandbox.mutate.updateSubscription(id, { items: [{ id: itemId, quantity: 9 }] });
    await eventually('a failure', async () => ((await resultsOf(id)).some(({ result }) => result === 'FAILED') ? true : undefined));
    sandbox.setFaults({});
    sandbox.deliveries.put({});
    const failed = sandbox.events.all().at(-1);
    expect(sandbox.events.resend(failed?.id ?? '')).toBe(1);
    await account.settled();
    expect((await resultsOf(id)).map(({ result }) => result)).not.toContain('FAILED');
    expect(await account.sql(`select quantity::int from stripe_subscription_item where subscription_id = $1`, [id])).toEqual([{ quantity: 9 }]);
  }, PATIENCE_MS);

  it('a price that nobody has seen stops nothing: the other items go ahead, and it waits for its mapping', async () => {
    const { sandbox } = account.world;
    const { id, email } = subscribe(PRICES.team);
    await account.settled();
    sandbox.mutate.updateSubscription(id, { items: [{ price_data: { currency: 'usd', product: 'prod_AcmeCustomDeal', unit_amount: 1234, recurring: { interval: 'month' } } }] });
    await account.settled();
    expect(await may(email, 'projects')).toBe(true);
    const items = await account.sql<{ parked_reason: string | null }>(`select parked_reason from stripe_subscription_item where subscription_id = $1 order by parked_reason nulls first`, [id]);
    expect(items).toEqual([{ parked_reason: null }, { parked_reason: 'PRICE_UNMAPPED' }]);
  }, PATIENCE_MS);

  it('an import that failed is no success, and what it did not see stays as it was', async () => {
    const { sandbox, api } = account.world;
    const { email } = subscribe(PRICES.team);
    await account.settled();
    sandbox.setFaults({ revokedKeys: [`rk_test_${'a1'.repeat(12)}`] });
    const run = await waitForEnd(api, await startImport(api));
    sandbox.setFaults({});
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'stripe_key_refused' } });
    expect(await may(email, 'projects')).toBe(true);
    await runImport(api);
  }, PATIENCE_MS);

  it('periods are read from where an older API version has them', async () => {
    const { sandbox, api } = account.world;
    const { secret } = sandbox.mutate.createWebhook({ url: `${api.url}/webhooks/stripe/${account.connectionId}`, enabled_events: ['*'], api_version: '2024-06-20' });
    await ok(api.post(`/v1/stripe/connections/${account.connectionId}/webhook-secret`, { secret }));
    const { id } = subscribe(PRICES.team);
    await account.settled();
    const [row] = await account.sql<{ start: string | null; end: string | null }>(`select current_period_start as start, current_period_end as end from package_subscription where stripe_subscription_id = $1`, [id]);
    expect(row?.start).not.toBeNull();
    expect(row?.end).not.toBeNull();
  }, PATIENCE_MS);
});

async function budget(userId: string): Promise<number | null | undefined> {
  const { data } = await ok(account.world.api.post<{ data: { consumption?: { budget: number | null } }[] }>('/v1/entitlements/check', { checks: [{ userId, featureId: 'projects' }] }));
  return data[0]?.consumption?.budget;
}
