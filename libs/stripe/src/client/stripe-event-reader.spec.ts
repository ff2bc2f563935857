import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { type Sandbox, startSandbox } from '../../../../apps/sandbox/src/sandbox.js';
import { type FakeAnswer, type FakeStripe, startFakeStripe, stripeFault } from '../../../../test/support/fake-stripe.js';
import { wireList } from '../../../../test/support/stripe-wire.js';
import { makeStripeClient } from './stripe-client.js';
import { type EventPage, StripeEventReader } from './stripe-event-reader.js';
import type { UnreadableObject } from './stripe-page.js';

const NOW = Date.UTC(2026, 10, 22, 12) / 1000;
const DAY = 86_400;

// The retries that these tests ask for are logged.
Logger.overrideLogger(false);

let unreadable: UnreadableObject[] = [];

function readerAt(url: string, attempts = 3): StripeEventReader {
  return new StripeEventReader(makeStripeClient('rk_test_events', url), {
    userIdMetadataKey: 'kana_user_id',
    patience: { attempts, firstDelayMs: 1 },
    onUnreadable: (event) => unreadable.push(event),
  });
}

beforeEach(() => {
  unreadable = [];
});

describe('the list of events of an account', () => {
  let sandbox: Sandbox;
  let reader: StripeEventReader;

  beforeAll(async () => {
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 20, seed: 1, clock: { startsAt: NOW * 1000, isFrozen: true } });
    reader = readerAt(sandbox.url, 10);
  });
  afterAll(() => sandbox.close());
  beforeEach(() => {
    sandbox.setFaults({});
    sandbox.clock.advance(40 * DAY * 1000);
  });

  const now = (): number => Math.floor(sandbox.clock.report().nowMs / 1000);

  /** Customers that are made at one second; gives their events, the newest first. */
  function make(count: number): string[] {
    const before = sandbox.events.records().length;
    Array.from({ length: count }, (_, index) => sandbox.mutate.createCustomer({ email: `e${index}@x.example` }));
    return sandbox.events.records().slice(before).map(({ id }) => id).toReversed();
  }

  async function readAll(since: number | null): Promise<EventPage[]> {
    const pages: EventPage[] = [];
    for (let after = null, hasMore = true; hasMore; ) {
      const page: EventPage = await reader.page(since, after);
      pages.push(page);
      ({ hasMore } = page);
      after = page.places.at(-1) ?? null;
    }
    return pages;
  }

  it('is read newest first, page by page, also through a second that holds more than a page', async () => {
    const made = make(250);
    const pages = await readAll(now());
    expect(pages.map(({ places }) => places.length)).toEqual([100, 100, 50]);
    expect(pages.flatMap(({ events }) => events.map(({ id }) => id))).toEqual(made);
    expect(pages[0]?.events[0]).toMatchObject({ type: 'customer.created', created: now(), object: { type: 'CUSTOMER' }, servable: true, ignored: null, body: { email: 'e249@x.example' } });
  });

  it.each([{ shortPages: 0.9 }, { failing: 0.3, reset: 0.2, seed: '4' }])('is read whole where Stripe makes it hard: %j', async (faults) => {
    const made = make(120);
    sandbox.setFaults(faults);
    expect((await readAll(now())).flatMap(({ events }) => events.map(({ id }) => id))).toEqual(made);
  });

  it('is read from a second on, that second included', async () => {
    make(3);
    sandbox.clock.advance(1000);
    const made = make(2);
    const pages = await readAll(now());
    expect(pages.flatMap(({ places }) => places.map(({ id }) => id))).toEqual(made);
    expect(await readAll(now() + 1)).toMatchObject([{ places: [], events: [], hasMore: false }]);
  });

  it('goes on at the second of a cursor that has vanished, which shows some again', async () => {
    const older = make(30);
    sandbox.clock.advance(5000);
    make(10);
    const page = await reader.page(now() - 5, { id: 'evt_gone', created: now() - 5 });
    expect(page.places.map(({ id }) => id)).toEqual(older);
  });

  it('forgets after 30 days', async () => {
    const made = make(5);
    const begin = now();
    sandbox.clock.advance(29 * DAY * 1000);
    const listed = async (): Promise<string[]> => (await readAll(begin)).flatMap(({ places }) => places.map(({ id }) => id));
    expect(await listed()).toEqual(expect.arrayContaining(made));
    sandbox.clock.advance(2 * DAY * 1000);
    expect((await listed()).filter((id) => made.includes(id))).toEqual([]);
  });

  it('has places of every type, and events of those that Kana handles', async () => {
    sandbox.events.emit({ type: 'charge.succeeded', object: { id: 'ch_1', object: 'charge' } });
    sandbox.events.emit({ type: 'checkout.session.completed', object: { id: 'cs_1', object: 'checkout.session', subscription: null } });
    const [page] = await readAll(now());
    expect(page?.places).toHaveLength(2);
    expect(page?.events.map(({ type, ignored }) => [type, ignored])).toEqual([['checkout.session.completed', 'NO_SUBSCRIPTION']]);
  });

  it('shows bodies in the version of their time, which may not stand for a read', async () => {
    sandbox.events.emit({ type: 'customer.updated', object: { id: 'cus_1', object: 'customer', email: 'a@x.example', metadata: {}, created: 1 }, apiVersion: '2025-03-31.basil' });
    const [page] = await readAll(now());
    expect(page?.events).toMatchObject([{ apiVersion: '2025-03-31.basil', servable: false }]);
  });

  it('says when it was read, by Stripe’s clock', async () => {
    const { span } = await reader.page(null, null);
    expect(span.lo).toBeLessThanOrEqual(now());
    expect(span.hi).toBeGreaterThanOrEqual(now());
    expect(span.hi - span.lo).toBeLessThan(60);
  });
});

describe('a list of events that is out of order', () => {
  let fake: FakeStripe | undefined;
  afterEach(() => fake?.close());

  async function askOf(answer: () => FakeAnswer): Promise<StripeEventReader> {
    fake = await startFakeStripe(answer);
    return readerAt(fake.url);
  }

  it('loses no more than the event that cannot be read, and tells of it', async () => {
    const good = { id: 'evt_1', type: 'customer.updated', created: 5, data: { object: { id: 'cus_1', object: 'customer' } } };
    const reader = await askOf(() => ({ body: wireList([good, { ...good, id: 'evt_2', data: {} }, { ...good, id: 'evt_3' }]) }));
    const { events, places } = await reader.page(null, null);
    expect(events.map(({ id }) => id)).toEqual(['evt_1', 'evt_3']);
    expect(places.map(({ id }) => id)).toEqual(['evt_1', 'evt_2', 'evt_3']);
    expect(unreadable).toEqual([{ id: 'evt_2', problem: expect.stringContaining('no object') as unknown }]);
  });

  it('is not taken for the end where it goes on and shows nothing', async () => {
    const reader = await askOf(() => ({ body: wireList([], true) }));
    await expect(reader.page(null, null)).rejects.toMatchObject({ code: 'stripe_list_broken' });
  });

  it('is asked three times at most, then given up until the next poll', async () => {
    const reader = await askOf(() => stripeFault(500, {}));
    await expect(reader.page(5, { id: 'evt_1', created: 9 })).rejects.toMatchObject({ code: 'stripe_failing', kind: 'UNAVAILABLE' });
    expect(fake?.asked).toHaveLength(3);
    expect(Object.fromEntries(fake?.asked[0]?.query ?? [])).toEqual({ 'limit': '100', 'created[gte]': '5', 'starting_after': 'evt_1' });
  });
});
