import { sqlRows, sqlWrite, transactionWithRetry } from '@app/common';
import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout } from 'node:timers/promises';

import { type CustomerSuite, startCustomerSuite } from '../support/customer-suite.js';
import { confusedWorld, policy, withPages, type World } from '../support/customer-worlds.js';
import { customer, MatchDirectory } from '../support/match-directory.js';
import { arrivals, history } from '../support/match-histories.js';
import { SEED } from '../support/seed.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 40);
const PATIENCE_MS = 30_000 + RUNS * 500;

let suite: CustomerSuite;
beforeAll(async () => {
  suite = await startCustomerSuite();
});
afterAll(() => suite.close());
beforeEach(() => suite.clear());

const crowd = (count: number, facts: (index: number) => Parameters<typeof customer>[1]) =>
  Array.from({ length: count }, (_, index) => customer(`cus_${String(index).padStart(4, '0')}`, facts(index)));

describe('applying a page of customers', () => {
  it('does nothing at all for an empty page', async () => {
    const { statements, byCustomer } = await suite.apply([]);
    expect(statements).toEqual([]);
    expect(byCustomer.size).toBe(0);
  });

  it('makes a user from a customer, with the email as its id and Stripe\'s spelling as an alias', async () => {
    const { byCustomer, touchedUserKeys } = await suite.apply([customer('cus_1', { email: 'Ann@X.com', name: 'Ann' })]);
    const user = await suite.queries.get('Ann@X.com');
    expect(user).toMatchObject({
      id: 'ann@x.com',
      aliases: ['Ann@X.com'],
      idSource: 'STRIPE_EMAIL',
      name: 'Ann',
      email: 'Ann@X.com',
      billingId: 'cus_1',
      sources: { name: 'STRIPE', email: 'STRIPE', billingId: 'STRIPE' },
    });
    expect(touchedUserKeys).toEqual([user.key]);
    expect(byCustomer.get('cus_1')).toEqual({
      customerId: 'cus_1',
      userKey: user.key,
      matchedBy: 'CREATED',
      newlyLinked: true,
      userCreated: true,
      conflict: null,
      newConflict: false,
      changed: true,
    });
  });

  it('fills what is empty and never touches what the company gave', async () => {
    await suite.users.create({ id: 'u1', email: 'ann@x.com', name: 'Doctor Ann' });
    const { byCustomer } = await suite.apply([customer('cus_1', { email: 'ANN@x.com', name: 'Ann' })]);
    expect(byCustomer.get('cus_1')).toMatchObject({ matchedBy: 'EMAIL', userCreated: false, newlyLinked: true });
    expect(await suite.queries.get('u1')).toMatchObject({
      name: 'Doctor Ann',
      email: 'ann@x.com',
      billingId: 'cus_1',
      sources: { name: 'COMPANY', email: 'COMPANY', billingId: 'STRIPE' },
    });
  });

  it('parks a customer whose email several users have, with the evidence, and links it once that is cured', async () => {
    await suite.users.create({ id: 'u1', email: 'ann@x.com' });
    await suite.users.create({ id: 'u2', email: 'ann@x.com' });
    const parked = await suite.apply([customer('cus_1', { email: 'ann@x.com' })]);
    expect(parked.byCustomer.get('cus_1')).toMatchObject({ userKey: null, conflict: 'EMAIL_SHARED', newConflict: true });
    const [stored] = await sqlRows<{ conflict_evidence: unknown }>(suite.orm.em.fork(), 'select conflict_evidence from stripe_customer');
    expect(stored?.conflict_evidence).toEqual({
      email: 'ann@x.com',
      userIdHint: null,
      linkedTo: null,
      users: [
        { id: 'u1', email: 'ann@x.com', billingId: null },
        { id: 'u2', email: 'ann@x.com', billingId: null },
      ],
    });
    const again = await suite.apply([customer('cus_1', { email: 'ann@x.com' })]);
    expect(again.byCustomer.get('cus_1')).toMatchObject({ conflict: 'EMAIL_SHARED', newConflict: false, changed: false });

    await transactionWithRetry(suite.orm.em, (em) => suite.users.editIn(em, 'u2', { email: 'other@x.com' }));
    const cured = await suite.apply([customer('cus_1', { email: 'ann@x.com' })]);
    expect(cured.byCustomer.get('cus_1')).toMatchObject({ conflict: null, matchedBy: 'EMAIL', newlyLinked: true });
    expect(await suite.standings()).toEqual({ cus_1: { userId: 'u1', matchedBy: 'EMAIL', conflict: null } });
  });

  it('lets a user that metadata names absorb the one made from Stripe by that email, settled customers of the page included', async () => {
    await suite.apply([customer('cus_1', { email: 'Ann@x.com', name: 'Ann' }), customer('cus_2', { email: 'ann@x.com' })]);
    const made = await suite.queries.get('ann@x.com');
    const page = [customer('cus_2', { email: 'ann@x.com' }), customer('cus_3', { email: 'ann@x.com', userIdHint: 'u1' })];
    const { absorbed, byCustomer, touchedUserKeys } = await suite.apply(page);
    const user = await suite.queries.get('u1');
    expect(absorbed).toEqual([{ fromKey: made.key, intoKey: user.key }]);
    expect(touchedUserKeys).toEqual([user.key]);
    expect(byCustomer.get('cus_2')).toMatchObject({ userKey: user.key, matchedBy: 'EMAIL', changed: false });
    expect(user).toMatchObject({ aliases: ['Ann@x.com', 'ann@x.com'], name: 'Ann', email: 'Ann@x.com', idSource: 'PROVIDED' });
    expect(await suite.standings()).toEqual({
      cus_1: { userId: 'u1', matchedBy: 'EMAIL', conflict: null },
      cus_2: { userId: 'u1', matchedBy: 'EMAIL', conflict: null },
      cus_3: { userId: 'u1', matchedBy: 'METADATA', conflict: null },
    });
  });

  it('reports customers outside the page whose link a later one has put in doubt', async () => {
    await suite.apply([customer('cus_1', { email: 'ann@x.com', userIdHint: 'u1' }), customer('cus_2', { email: 'ann@x.com' })]);
    const { byCustomer } = await suite.apply([customer('cus_3', { email: 'ann@x.com', userIdHint: 'u2' })]);
    const { key } = await suite.queries.get('u1');
    expect([...byCustomer.keys()].toSorted()).toEqual(['cus_2', 'cus_3']);
    expect(byCustomer.get('cus_2')).toMatchObject({ userKey: key, matchedBy: 'EMAIL', conflict: 'EMAIL_SHARED', newConflict: true });
    expect((await suite.standings())['cus_2']).toEqual({ userId: 'u1', matchedBy: 'EMAIL', conflict: 'EMAIL_SHARED' });
  });

  it('keeps the doubt about a user that metadata names by an alias, though the same page brings that customer\'s email to another', async () => {
    await suite.users.create({ id: 'u9', billingId: 'cus_0' });
    await suite.apply([customer('cus_3', { email: 'bob@x.com' })]);
    const named = [customer('cus_1', { email: 'bob@x.com', userIdHint: 'BOB@x.com' }), customer('cus_2', { email: 'ann@x.com', userIdHint: 'bob@x.com' })];
    await suite.apply([customer('cus_0', { email: 'ann@x.com' }), ...named]);
    expect((await suite.standings())['cus_2']).toEqual({ userId: 'BOB@x.com', matchedBy: 'METADATA', conflict: 'USER_ID_TAKEN' });
  });

  it('renames a provisional user once its customer shows an email', async () => {
    await suite.apply([customer('cus_1', { name: 'Ann' })]);
    const { key } = await suite.queries.get('cus_1');
    const { byCustomer } = await suite.apply([customer('cus_1', { name: 'Ann', email: 'Ann@x.com' })]);
    expect(byCustomer.get('cus_1')).toMatchObject({ userKey: key, newlyLinked: false, userCreated: false });
    expect(await suite.queries.get('cus_1')).toMatchObject({
      key,
      id: 'ann@x.com',
      aliases: ['Ann@x.com', 'cus_1'],
      idSource: 'STRIPE_EMAIL',
      email: 'Ann@x.com',
    });
  });

  it('keeps the link and the facts of a customer that Stripe has deleted', async () => {
    await suite.apply([customer('cus_1', { email: 'ann@x.com', name: 'Ann' })]);
    await suite.apply([customer('cus_1', { deleted: true, createdAt: null })]);
    const [stored] = await sqlRows(suite.orm.em.fork(), 'select email, name, deleted from stripe_customer');
    expect(stored).toEqual({ email: 'ann@x.com', name: 'Ann', deleted: true });
    expect((await suite.standings())['cus_1']).toMatchObject({ userId: 'ann@x.com' });
  });

  it('leaves a user alone that the company edits at the same moment', async () => {
    await suite.apply([customer('cus_1', { email: 'ann@x.com' })]);
    const edit = suite.orm.em.fork();
    await edit.begin();
    await sqlWrite(edit, `update kana_user set name = 'Doctor Ann', name_source = 'COMPANY'`);
    const applying = suite.apply([customer('cus_2', { email: 'ann@x.com', name: 'Ann', userIdHint: 'u1' })]);
    await untilWaiting(suite);
    await edit.commit();
    expect((await applying).absorbed).toEqual([]);
    expect(await suite.queries.get('ann@x.com')).toMatchObject({ name: 'Doctor Ann', sources: { name: 'COMPANY' } });
    expect((await suite.standings())['cus_1']).toMatchObject({ userId: 'ann@x.com', conflict: 'EMAIL_SHARED' });
  });
});

async function untilWaiting({ orm }: CustomerSuite): Promise<void> {
  for (;;) {
    const waiting = await sqlRows(orm.em.fork(), `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    if (waiting.length > 0) {
      return;
    }
    await setTimeout(5);
  }
}

describe('what a page costs', () => {
  const facts = (index: number) => ({ email: `Person${index % 70}@x.com`, name: `P${index}`, userIdHint: index % 7 === 0 ? `u${index % 70}` : null });

  it('takes as many statements for two hundred customers as for ten', async () => {
    const few = await suite.apply(crowd(10, facts));
    await suite.clear();
    const many = await suite.apply(crowd(200, facts));
    expect(many.statements).toHaveLength(few.statements.length);
    expect(many.statements.length).toBeLessThanOrEqual(13);
  });

  it('reads once and writes nothing when it sees the same again', async () => {
    const page = crowd(100, facts);
    await suite.apply(page);
    const before = await suite.versions();
    const { statements, byCustomer } = await suite.apply(page);
    expect(statements).toHaveLength(1);
    expect(await suite.versions()).toBe(before);
    expect([...byCustomer.values()].every(({ changed, userKey }) => !changed && userKey !== null)).toBe(true);
  });

  it('writes nothing for a conflict that is as it was', async () => {
    await suite.users.create({ id: 'u1', email: 'ann@x.com' });
    await suite.users.create({ id: 'u2', email: 'ann@x.com' });
    const page = [customer('cus_1', { email: 'ann@x.com' }), customer('cus_2', { userIdHint: ' bad' })];
    await suite.apply(page);
    const before = (await sqlRows(suite.orm.em.fork(), 'select ctid::text, xmin::text, * from stripe_customer order by id'));
    await suite.apply(page);
    expect(await sqlRows(suite.orm.em.fork(), 'select ctid::text, xmin::text, * from stripe_customer order by id')).toEqual(before);
  });
});

describe('several workers at once', () => {
  it('makes one user of one email in different spellings', async () => {
    const spellings = ['Ann@x.com', 'ann@x.com', ' ANN@X.COM', 'anN@x.com', 'ANN@x.com', 'aNN@x.com'];
    const pages = spellings.map((email, index) => [customer(`cus_${index}`, { email, name: `N${index}` })]);
    await Promise.all(pages.map((page) => suite.apply(page)));
    expect(new Set(Object.values(await suite.standings()).map(({ userId }) => userId))).toEqual(new Set(['ann@x.com']));
    expect(await sqlRows(suite.orm.em.fork(), 'select key from kana_user')).toHaveLength(1);
  });

  it('ends the same whoever comes first, metadata or email', async () => {
    const pages = Array.from({ length: 12 }, (_, index) =>
      crowd(6, (person) => ({ email: `p${person}@x.com`, userIdHint: index === 5 ? `u${person}` : null }))
        .map((read) => ({ ...read, id: `${read.id}_${index}` })));
    await Promise.all(pages.map((page) => suite.apply(page)));
    const found = Object.entries(await suite.standings()).map(([id, { userId, conflict }]) => [id.slice(0, 8), userId, conflict]);
    const expected = found.map(([id]) => [id, `u${Number(id?.slice(4))}`, null]);
    expect(found).toEqual(expected);
    expect(await sqlRows(suite.orm.em.fork(), 'select key from kana_user')).toHaveLength(6);
  });

  it('links a customer once when two pages bring it at the same time', async () => {
    const page = crowd(20, () => ({}));
    await Promise.all([suite.apply(page), suite.apply(page.toReversed()), suite.apply(page)]);
    expect(await sqlRows(suite.orm.em.fork(), 'select key from kana_user')).toHaveLength(20);
  });
});

/** Users, then pages, on PostgreSQL and in memory. */
async function playBoth(users: World['users'], pages: readonly CustomerSnapshot[][], emailMatch: EmailMatchPolicy, paying: readonly string[] = []): Promise<MatchDirectory> {
  await suite.clear();
  const directory = new MatchDirectory();
  for (const id of paying) {
    directory.paying.add(id);
    suite.paying.add(id);
  }
  for (const { id, email = null, billingId = null, emailVerified = false } of users) {
    directory.addUser({ id, email, billingId, emailVerified });
    await suite.users.create({ id, email, billingId, emailVerified });
    suite.clock.advance(1);
  }
  for (const page of pages) {
    directory.apply(page, emailMatch);
    await suite.apply(page, emailMatch);
    suite.clock.advance(1);
  }
  return directory;
}

async function expectSame(directory: MatchDirectory): Promise<void> {
  expect(await suite.standings()).toEqual(directory.standings());
  for (const id of directory.userIds()) {
    const { name, email, emailVerified, billingId, idSource } = directory.find(id);
    const aliases = directory.aliasesOf(id);
    expect(await suite.queries.get(id)).toMatchObject({ id, name, email, emailVerified, billingId, idSource, aliases });
  }
}

describe(`the applier and the rules (seed ${SEED}, ${RUNS} runs)`, () => {
  const parameters = { numRuns: RUNS, seed: SEED };

  it('does on PostgreSQL what matching does in memory', async () => {
    await fc.assert(
      fc.asyncProperty(confusedWorld.chain(withPages), policy, async ({ setting, pages }, emailMatch) => {
        await expectSame(await playBoth(setting.users, [...pages, setting.customers], emailMatch));
      }),
      parameters,
    );
  }, PATIENCE_MS);

  it('does so too with what customers show later, and whoever pays', async () => {
    const drawn = history.chain((told) => fc.record({
      users: fc.constant(told.setting.users),
      pages: arrivals(told),
      paying: fc.subarray(told.setting.customers.map(({ id }) => id)),
    }));
    await fc.assert(
      fc.asyncProperty(drawn, policy, async ({ users, pages, paying }, emailMatch) => {
        await expectSame(await playBoth(users, pages, emailMatch, paying));
      }),
      parameters,
    );
  }, PATIENCE_MS);
});
