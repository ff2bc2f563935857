import { IdFactory } from '@app/common';
import type { SubscriptionSnapshot } from '@app/stripe';
import { IssueDeriver } from '@app/subscriptions';
import { ImportLedger, ImportRunService, type PageCounts } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { customerOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld, type TestBatch } from '../support/stripe-world.js';

interface Issue {
  id: string;
  kind: string;
  status: string;
  connectionId: string;
  subject: { type: string; id: string };
  text: string;
  cure: string;
  evidence: Record<string, unknown>;
  openedAt: string;
  closedAt: string | null;
}
interface PageOf {
  data: Issue[];
  nextCursor: string | null;
}

const OTHER = 'conn_other';
const ENDED = { status: 'canceled', endedAt: '2026-02-10T00:00:00.000Z' };

let world: StripeWorld;
let number = 0;
let sub: string;
let cus: string;
let price: string;

beforeAll(async () => {
  world = await startStripeWorld();
  for (const connection of [ONLY, OTHER]) {
    await world.connect(connection);
    await world.prices(['price_team', 'price_business', 'price_seats', 'price_support', 'price_old'].map((id) => priceOf(id)), connection);
  }
  await world.publish('team');
  await world.publish('business');
  await world.publish('old');
  await world.publish('seats', { isAddon: true });
  await world.publish('support', { isAddon: true, basePackageIds: ['business'] });
  for (const connection of [ONLY, OTHER]) {
    await world.map({ price_team: 'team', price_business: 'business', price_seats: 'seats', price_support: 'support', price_old: 'old' }, connection);
  }
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  [sub, cus, price] = [`sub_${number}`, `cus_${number}`, `price_${number}`];
  world.api.clock.advance(60_000);
  await world.prices([priceOf(price)]);
});

const refresh = (connectionId = ONLY): Promise<void> => world.api.app.get(IssueDeriver, { strict: false }).refresh(world.em(), connectionId);

/** Carries a batch over and looks what it calls for, as a run does at its end. */
async function carry(batch: TestBatch): Promise<void> {
  world.api.clock.advance(1000);
  await world.apply(batch);
  await refresh(batch.connectionId);
}

const mine = (priceIds: string[], difference: Partial<SubscriptionSnapshot> = {}) => ({ subscriptions: [subscriptionOf(sub, priceIds, difference)] });
const listed = async (query: string): Promise<Issue[]> => (await must(world.api.get<PageOf>(`/v1/sync/issues?limit=100&${query}`))).data;
const about = async (kind: string, subject: string): Promise<Issue[]> => (await listed(`kind=${kind}`)).filter((issue) => issue.subject.id === subject);
const states = async (kind: string, subject: string): Promise<string[]> => (await about(kind, subject)).map(({ status }) => status);
const patchUser = (id: string, changes: object) => must(world.api.patch(`/v1/users/${encodeURIComponent(id)}`, changes));
const makeUser = (id: string, rest: object) => must(world.api.post('/v1/users', { id, ...rest }));
const email = (): string => `${number}@x.example`;

/** What opens an issue, what cures it, and what it is about. */
const KINDS: [kind: string, subject: () => string, open: () => Promise<void>, cure: () => Promise<void>][] = [
  ['PRICE_UNMAPPED', () => price, () => carry(mine([price])), () => world.map({ [price]: 'team' }, ONLY)],
  ['PRICE_UNMAPPED', () => price, () => carry(mine([price])), () => carry(mine([price], ENDED))],
  [
    'PACKAGE_NOT_PUBLISHED',
    () => price,
    async () => {
      await world.draft(`draft ${number}`);
      await world.map({ [price]: `draft ${number}` }, ONLY);
      await carry(mine([price]));
    },
    () => must(world.api.post(`/v1/packages/draft%20${number}/publish`)).then(() => undefined),
  ],
  [
    'PACKAGE_ARCHIVED',
    () => 'old',
    async () => {
      await must(world.api.post('/v1/packages/old/archive'));
      await carry(mine(['price_old']));
    },
    () => carry(mine(['price_old'], ENDED)),
  ],
  [
    'EMAIL_SHARED',
    () => cus,
    async () => {
      await makeUser(`a${number}`, { email: email() });
      await makeUser(`b${number}`, { email: email() });
      await carry(mine(['price_team']));
    },
    () => patchUser(`a${number}`, { billingId: cus }).then(() => undefined),
  ],
  [
    'USER_ID_TAKEN',
    () => cus,
    async () => {
      await makeUser(email(), { email: 'somebody.else@x.example' });
      await carry(mine(['price_team']));
    },
    () => patchUser(email(), { billingId: cus }).then(() => undefined),
  ],
  [
    'METADATA_USER_INVALID',
    () => cus,
    () => carry({ ...mine(['price_team']), customers: [customerOf(cus, { userIdHint: ' bad ' })] }),
    () => carry({ ...mine(['price_team']), customers: [customerOf(cus, { userIdHint: `good${number}` })] }),
  ],
  [
    'EMAIL_MATCH_REVIEW',
    () => cus,
    async () => {
      await makeUser(`a${number}`, { email: email() });
      await carry({ ...mine(['price_team']), emailMatch: 'REVIEW' });
    },
    () => patchUser(`a${number}`, { billingId: cus }).then(() => undefined),
  ],
  [
    'CUSTOMER_WITHOUT_EMAIL',
    () => cus,
    () => carry({ ...mine(['price_team']), customers: [customerOf(cus, { email: null })] }),
    () => carry(mine(['price_team'])),
  ],
  [
    'CUSTOMER_WITHOUT_EMAIL',
    () => cus,
    () => carry({ ...mine(['price_team']), customers: [customerOf(cus, { email: null })] }),
    () => carry({ ...mine(['price_team'], ENDED), customers: [customerOf(cus, { email: null })] }),
  ],
  ['STATUS_UNKNOWN', () => sub, () => carry(mine(['price_team'], { status: 'on_hold' })), () => carry(mine(['price_team']))],
  ['SEVERAL_BASE_PACKAGES', email, () => carry(mine(['price_team', 'price_business'])), () => carry(mine(['price_team']))],
  ['ADDON_WITHOUT_BASE', email, () => carry(mine(['price_seats'])), () => carry(mine(['price_seats', 'price_team']))],
  ['ADDON_NOT_FOR_BASE', email, () => carry(mine(['price_support', 'price_team'])), () => carry(mine(['price_support', 'price_business']))],
  ['RECORD_REFUSED', () => sub, () => runWith([sub]), () => runWith([])],
];

const NOTHING = { created: 0, updated: 0, unchanged: 0, parked: 0, partly_parked: 0, matched_by_billing_id: 0, matched_by_metadata: 0, matched_by_email: 0, users_created: 0, conflicts: 0 };

/** A run that met these subscriptions and could not store them; complete unless it is said to go on. */
async function runWith(failed: string[], complete = true): Promise<void> {
  world.api.clock.advance(1000);
  const { clock } = world.api;
  const ledger = new ImportLedger(world.em(), clock);
  await new ImportRunService(world.em(), clock, new IdFactory(clock)).request(ONLY, 'key_test');
  const run = await ledger.claim(ONLY, 'test');
  if (run === null) {
    throw new Error('No run to claim.');
  }
  await ledger.range(run, 1, 'SUBSCRIPTIONS');
  const counts: PageCounts = { ...NOTHING, failed: failed.length };
  const rows = failed.map((id) => ({ stripeSubscriptionId: id, result: 'FAILED' as const, userKey: null, matchedBy: null, packages: [], reasons: ['item.id is no id'], parkedItems: 0 }));
  await world.em().transactional((em) => ledger.recordPage(em, run, 1, counts, rows));
  if (complete) {
    await world.em().transactional((em) => ledger.complete(em, run));
  }
  await refresh();
}

describe('an issue', () => {
  it.each(KINDS)('%s (%#) opens once, stays while its cause does, and closes by itself', async (kind, subject, open, cure) => {
    expect(await states(kind, subject())).toEqual([]);
    await open();
    expect(await states(kind, subject())).toEqual(['OPEN']);
    const [before] = await about(kind, subject());
    await refresh();
    await Promise.all([refresh(), refresh(), refresh(OTHER)]);
    expect(await about(kind, subject())).toEqual([before]);
    world.api.clock.advance(5000);
    await cure();
    expect(await states(kind, subject())).toEqual(['CLOSED']);
    const [after] = await about(kind, subject());
    expect(after).toMatchObject({ id: before?.id, openedAt: before?.openedAt, closedAt: world.api.clock.now().toISOString() });
  });

  it('is opened anew, as another one, when its cause comes back', async () => {
    await carry(mine(['price_team'], { status: 'on_hold' }));
    await carry(mine(['price_team']));
    await carry(mine(['price_team'], { status: 'on_ice' }));
    expect(await states('STATUS_UNKNOWN', sub)).toEqual(['OPEN', 'CLOSED']);
    expect((await about('STATUS_UNKNOWN', sub)).map(({ evidence }) => evidence)).toEqual([{ status: 'on_ice' }, { status: 'on_hold' }]);
    await carry(mine(['price_team']));
  });

  it('is not opened for what has ended, or was granted before its package was archived', async () => {
    await carry(mine([price], ENDED));
    expect(await states('PRICE_UNMAPPED', price)).toEqual([]);
    await world.publish(`shelf ${number}`);
    await world.map({ [price]: `shelf ${number}` }, ONLY);
    await carry({ subscriptions: [subscriptionOf(`${sub}b`, [price])] });
    world.api.clock.advance(1000);
    await must(world.api.post(`/v1/packages/shelf%20${number}/archive`));
    await refresh();
    expect(await states('PACKAGE_ARCHIVED', `shelf ${number}`)).toEqual([]);
  });

  it('about a refused record stays while the next run has not come to its end', async () => {
    await runWith([sub]);
    await runWith([], false);
    expect(await states('RECORD_REFUSED', sub)).toEqual(['OPEN']);
    await world.sql(`update import_run set status = 'FAILED', finished_at = now() where status = 'RUNNING'`);
    await refresh();
    expect(await states('RECORD_REFUSED', sub)).toEqual(['OPEN']);
    await runWith([]);
    expect(await states('RECORD_REFUSED', sub)).toEqual(['CLOSED']);
  });

  it('about a user is one, whatever account brings it about or cures it', async () => {
    await carry(mine(['price_seats']));
    expect(await states('ADDON_WITHOUT_BASE', email())).toEqual(['OPEN']);
    const base = { connectionId: OTHER, subscriptions: [subscriptionOf(`${sub}b`, ['price_team'], { customerId: `cus_other_${number}` })], customers: [customerOf(`cus_other_${number}`, { email: email() })] };
    await carry(base);
    expect(await states('ADDON_WITHOUT_BASE', email())).toEqual(['CLOSED']);
    await carry({ ...base, subscriptions: base.subscriptions.map((each) => ({ ...each, ...ENDED })) });
    expect(await states('ADDON_WITHOUT_BASE', email())).toEqual(['OPEN', 'CLOSED']);
    await carry(mine(['price_seats'], ENDED));
  });

  it('names users by the ids that they have, never by internal keys', async () => {
    await carry({ ...mine(['price_team', 'price_business']), customers: [customerOf(cus, { email: null })] });
    const issues = [...(await about('SEVERAL_BASE_PACKAGES', cus)), ...(await about('CUSTOMER_WITHOUT_EMAIL', cus))];
    expect(issues.map(({ evidence }) => evidence)).toEqual([{ packageIds: ['business', 'team'] }, { userId: cus }]);
    expect(JSON.stringify(await listed(''))).not.toContain('usr_');
    await carry(mine([]));
  });
});

describe('the list of issues', () => {
  it('is filtered by state and kind, and paged newest first', async () => {
    await carry({ subscriptions: ['x', 'y', 'z'].map((name) => subscriptionOf(`${sub}${name}`, ['price_team'], { status: 'on_hold' })) });
    const open = await listed('status=OPEN&kind=STATUS_UNKNOWN');
    expect(open.map(({ subject }) => subject.id).toSorted()).toEqual([`${sub}x`, `${sub}y`, `${sub}z`]);
    const everything = await listed('');
    expect((await listed('status=OPEN')).length + (await listed('status=CLOSED')).length).toBe(everything.length);
    const paged: Issue[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: PageOf = await must(world.api.get<PageOf>(`/v1/sync/issues?limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`));
      paged.push(...page.data);
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(everything);
    expect(everything.map(({ openedAt }) => openedAt)).toEqual(everything.map(({ openedAt }) => openedAt).toSorted((a, b) => (a < b ? 1 : -1)));
  });

  it('shows each by itself, in words and with its cure', async () => {
    const [first] = await listed('kind=STATUS_UNKNOWN');
    expect(await must(world.api.get(`/v1/sync/issues/${first?.id}`))).toEqual(first);
    expect(first?.text).toContain(first?.subject.id);
    expect(first?.cure.length).toBeGreaterThan(10);
    expect(await world.api.get('/v1/sync/issues/iss_none')).toMatchObject({ status: 404, body: { code: 'issue_not_found' } });
  });

  it.each(['status=open', 'kind=ANY', 'cursor=zzz', 'limit=0'])('refuses %s', async (query) => {
    expect((await world.api.get(`/v1/sync/issues?${query}`)).status).toBe(400);
  });
});
