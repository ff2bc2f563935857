import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { generateAccount } from '../../apps/sandbox/src/account/generate.js';
import { Random } from '../../apps/sandbox/src/account/random.js';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { type AppProcess, freePort, startMain } from '../support/processes.js';
import { SEED } from '../support/seed.js';
import { clientOf, idIn, refusal, special } from './sandbox-under-test.js';

/* Accounts of which most is generated when it is asked for. Here small ones are generated so, too. */
const MAIN = new URL('../../apps/sandbox/src/main.ts', import.meta.url);
const LARGEST_WHOLE = 1_000;
/** So much does one need with nothing in it, and a page; with all in it, it was 6 GiB. */
const MOST_MIB = 500;

const address = { host: '127.0.0.1', port: 0, seed: SEED };

describe('a sandbox of 20,000 subscriptions that are generated when they are asked for', () => {
  let sandbox: Sandbox;
  const random = new Random(String(SEED)).fork('pages');

  beforeAll(async () => {
    sandbox = await startSandbox({ ...address, subscriptions: 20_000, largestWhole: LARGEST_WHOLE });
  });
  afterAll(async () => sandbox.close());

  async function ask<T>(path: string): Promise<Stripe.ApiList<T>> {
    const answer = await fetch(`${sandbox.url}/v1/${path}`, { headers: { authorization: 'Bearer sk_test_large' } });
    return (await answer.json()) as Stripe.ApiList<T>;
  }

  /** A half-open range, page by page, newest first; each page of another size. */
  async function readRange<T extends { id: string }>(path: string, [from, before]: readonly [number, number]): Promise<T[]> {
    const read: T[] = [];
    for (let hasMore = true; hasMore; ) {
      const last = read.at(-1);
      const cursor = last === undefined ? '' : `&starting_after=${last.id}`;
      const limit = random.chance(0.3) ? 1 + random.below(100) : 100;
      const page = await ask<T>(`${path}&limit=${limit}&created[gte]=${from}&created[lt]=${before}${cursor}`);
      read.push(...page.data);
      hasMore = page.has_more;
    }
    return read;
  }

  /** Newest first, as many as asked for, and open at both ends. */
  function drawRanges(times: readonly number[], count: number): [number, number][] {
    const cuts = Array.from({ length: count - 1 }, () => times[random.below(times.length)] ?? 0).toSorted((a, b) => a - b);
    return [0, ...cuts].map((from, index): [number, number] => [from, cuts[index] ?? 4_000_000_000]).toReversed();
  }

  it.each(['subscriptions?status=all&expand[]=data.customer', 'customers?'])('shows each once, newest first, by whatever pages and ranges: %s', async (path) => {
    const isCustomers = path.startsWith('customers');
    const all = isCustomers ? [...sandbox.customers()].filter((one) => !('deleted' in one)) : [...sandbox.subscriptions()];
    const times = all.map((one) => ('created' in one ? one.created : 0));
    const read: (Stripe.Subscription | Stripe.Customer)[] = [];
    const ranges = drawRanges(times, 12);
    for (const range of ranges) read.push(...(await readRange<Stripe.Subscription | Stripe.Customer>(path, range)));
    expect(read).toHaveLength(all.length);
    expect(new Set(read.map(({ id }) => id))).toEqual(new Set(all.map(({ id }) => id)));
    expect(read.map(({ created }) => created)).toEqual(times.toSorted((a, b) => b - a));
    // Of one second, too, the order is the same again.
    const [from, before] = [ranges[8]?.[0] ?? 0, ranges[7]?.[1] ?? 0];
    const again = await readRange<{ id: string }>(path, [from, before]);
    expect(again.map(({ id }) => id)).toEqual(read.filter((one) => one.created >= from && one.created < before).map(({ id }) => id));
    const strays = read.filter((one) => 'customer' in one && (typeof one.customer === 'string' || !one.customer.id.startsWith('cus_')));
    expect(strays).toEqual([]);
  }, 120_000);
});

describe('a large account', () => {
  let sandbox: Sandbox;
  let stripe: Stripe;

  beforeAll(async () => {
    sandbox = await startSandbox({ ...address, subscriptions: 2_000, largestWhole: LARGEST_WHOLE, clock: { isFrozen: true } });
    stripe = clientOf(sandbox, 'sk_test_large');
  });
  afterAll(async () => sandbox.close());

  /** One that is generated when it is asked for: the oldest such stand first. */
  function generated(holds: (one: ReturnType<Sandbox['truth']>['subscriptions'][number]) => boolean): string {
    for (const one of sandbox.subscriptions()) if (holds(one)) return one.id;
    throw new Error('no such subscription');
  }

  it('changes as any other does, and tells of it', async () => {
    const id = generated(({ status, items }) => status === 'active' && items.length === 1 && items[0]?.quantity === 1);
    const before = await stripe.subscriptions.retrieve(id);
    const item = before.items.data[0];
    await stripe.subscriptions.update(id, { items: [{ id: item?.id, quantity: 7 }], metadata: { touched: 'yes' } });
    const after = await stripe.subscriptions.retrieve(id, { expand: ['customer'] });
    expect(after).toMatchObject({ id, created: before.created, metadata: { touched: 'yes' } });
    expect(after.items.data).toMatchObject([{ id: item?.id, quantity: 7 }]);
    const [event] = sandbox.events.all().slice(-1);
    expect(event).toMatchObject({ type: 'customer.subscription.updated', data: { object: { id } } });
    const second = { gte: before.created, lte: before.created };
    const listed = (await stripe.subscriptions.list({ created: second, limit: 100 }).autoPagingToArray({ limit: 1_000 })).filter((one) => one.id === id);
    expect(listed).toEqual([await stripe.subscriptions.retrieve(id)]);
  });

  it('leaves out of the plain list what has ended, and finds it by its customer', async () => {
    const id = generated(({ status }) => status === 'trialing');
    const customer = idIn((await stripe.subscriptions.cancel(id)).customer);
    const ids = async (parameters: Stripe.SubscriptionListParams): Promise<string[]> => (await stripe.subscriptions.list(parameters)).data.map((one) => one.id);
    expect(await ids({ customer })).not.toContain(id);
    expect(await ids({ customer, status: 'all' })).toContain(id);
    expect((await refusal(stripe.subscriptions.list({ starting_after: id }))).code).toBe('resource_missing');
  });

  it('ends with a customer its subscriptions', async () => {
    const id = generated(({ status, items }) => status === 'active' && items.length === 2);
    const customer = idIn((await stripe.subscriptions.retrieve(id)).customer);
    const { email } = (await stripe.customers.retrieve(customer)) as Stripe.Customer;
    await stripe.customers.del(customer);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'canceled' });
    expect(await stripe.customers.retrieve(customer)).toEqual(expect.objectContaining({ id: customer, deleted: true }));
    expect((await stripe.customers.list({ email: email ?? 'nobody@example.com' })).data.map((one) => one.id)).not.toContain(customer);
  });

  it('finds a customer by email, new and generated ones', async () => {
    const found = [...sandbox.customers()].find((one) => 'email' in one && one.email !== null && !one.email.includes(' '));
    const email = found && 'email' in found ? (found.email ?? '') : '';
    const made = await stripe.customers.create({ email });
    const ids = (await stripe.customers.list({ email })).data.map((one) => one.id);
    expect(ids).toEqual(expect.arrayContaining([made.id, found?.id]));
  });

  it('makes events in numbers, and has its special cases', async () => {
    const before = sandbox.events.records().length;
    await sandbox.load.burst(300);
    expect(sandbox.events.records()).toHaveLength(before + 300);
    const ids = new Set(sandbox.events.records().flatMap(({ state }) => (state.kind === 'subscription' ? [state.subscription.id] : [])));
    expect(ids.size).toBeGreaterThan(100);
    expect((await stripe.subscriptions.retrieve(special(sandbox.truth(), 'items_25'))).items.has_more).toBe(true);
  });

  it('tells the truth in pieces that make one JSON', async () => {
    const told = (await (await fetch(`${sandbox.url}/_sandbox/store`)).json()) as object;
    const truth = JSON.parse(JSON.stringify(sandbox.truth())) as typeof told;
    expect(Object.keys(told).toSorted()).toEqual(Object.keys(truth).toSorted());
    const digest = (of: object): Record<string, string> => Object.fromEntries(Object.entries(of).map(([name, part]) => [name, JSON.stringify(part)]));
    expect(digest(told)).toEqual(digest(truth));
  });

  it('lives on when its time is moved', () => {
    const now = sandbox.clock.advance(40 * 24 * 3_600_000).nowMs / 1_000;
    const running = sandbox.truth().subscriptions.filter(({ status }) => status === 'active');
    expect(running.length).toBeGreaterThan(1_000);
    expect(running.filter(({ items }) => items.some((item) => item.current_period_end <= now))).toEqual([]);
  });
});

describe('a sandbox of a million subscriptions', () => {
  let program: AppProcess | undefined;
  afterEach(async () => {
    await program?.stop();
    program = undefined;
  });

  it.each(['grown', 'spread', 'one-second'] as const)('serves pages from anywhere in it in little memory: %s', async (created) => {
    const port = await freePort();
    program = await startMain(MAIN, { SANDBOX_PORT: String(port), SANDBOX_SUBSCRIPTIONS: '1000000', SANDBOX_SEED: '1', SANDBOX_CREATED: created });
    const stripe = clientOf({ host: '127.0.0.1', port }, 'sk_test_large');
    const list = (parameters: Stripe.SubscriptionListParams): Promise<Stripe.ApiList<Stripe.Subscription>> =>
      stripe.subscriptions.list({ status: 'all', limit: 100, expand: ['data.customer'], ...parameters });
    const { chapters } = generateAccount({ seed: '1', subscriptions: 1_000_000, created });
    const idOf = (chapter: number): string => chapters?.write(chapter).subscriptions[50]?.subscription.id ?? '';

    const [first, middle, last] = [await list({}), await list({ starting_after: idOf(5_000) }), await list({ starting_after: idOf(0) })];
    expect([first, middle, last].map(({ data, has_more }) => [data.length >= 50, has_more])).toEqual([[true, true], [true, true], [true, false]]);
    expect((await list({ ending_before: first.data[0]?.id ?? '' })).data).toEqual([]);
    for (const { data } of [first, middle, last]) {
      const [newer, older] = [data.at(0), data.at(-1)];
      expect(older && (await stripe.subscriptions.retrieve(older.id, { expand: ['customer'] }))).toEqual(older);
      const backwards = await list({ ending_before: older?.id ?? '', limit: data.length - 1 });
      expect(backwards.data.map(({ id }) => id)).toEqual(data.slice(0, -1).map(({ id }) => id));
      const second = await list({ created: { gte: older?.created, lte: newer?.created } });
      expect(second.data).toHaveLength(100 === data.length || created === 'one-second' ? 100 : data.length);
    }
    expect(peakMib(program)).toBeLessThan(MOST_MIB);
  });
});

/** The most memory that it has had; 0 where nothing tells. */
function peakMib({ child }: AppProcess): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
