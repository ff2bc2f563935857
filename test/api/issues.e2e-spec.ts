import { ISSUE_KINDS } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ISSUE_CASES } from '../support/issue-cases.js';
import { ENDED, type Issue, IssueSuite, OTHER } from '../support/issue-suite.js';
import { expectNoOrphans } from '../support/orphans/orphans.js';
import { customerOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY } from '../support/stripe-world.js';

interface PageOf {
  data: Issue[];
  nextCursor: string | null;
}

let suite: IssueSuite;
beforeAll(async () => {
  suite = await IssueSuite.start();
});
afterAll(() => suite.world.close());
beforeEach(() => suite.next());

describe('an issue', () => {
  it.each(ISSUE_CASES)('$kind opens once, stays while its cause does, and closes by itself ($how)', async ({ kind, subject, open, cure }) => {
    expect(await suite.states(kind, subject(suite))).toEqual([]);
    await open(suite);
    const before = await suite.standing(kind, subject(suite));
    await expectNoOrphans(suite.world.api);
    await Promise.all([suite.refresh(), suite.refresh(), suite.refresh(OTHER)]);
    expect(await suite.about(kind, subject(suite))).toEqual([before]);
    suite.world.api.clock.advance(5000);
    await cure(suite);
    expect(await suite.states(kind, subject(suite))).toEqual(['CLOSED']);
    const [after] = await suite.about(kind, subject(suite));
    expect(after).toMatchObject({ id: before.id, openedAt: before.openedAt, fixes: [] });
    expect(new Date(after?.closedAt ?? 0) >= new Date(suite.world.api.clock.now().getTime() - 1000)).toBe(true);
    await expectNoOrphans(suite.world.api);
  });

  it('is tried above in every kind that there is', () => {
    expect(new Set(ISSUE_CASES.map(({ kind }) => kind))).toEqual(new Set(ISSUE_KINDS));
  });

  it('is opened anew, as another one, when its cause comes back', async () => {
    await suite.carry(suite.mine(['price_team'], { status: 'on_hold' }));
    await suite.carry(suite.mine(['price_team']));
    await suite.carry(suite.mine(['price_team'], { status: 'on_ice' }));
    expect(await suite.states('STATUS_UNKNOWN', suite.sub)).toEqual(['OPEN', 'CLOSED']);
    expect((await suite.about('STATUS_UNKNOWN', suite.sub)).map(({ evidence }) => evidence)).toEqual([{ status: 'on_ice' }, { status: 'on_hold' }]);
    await suite.carry(suite.mine(['price_team']));
  });

  it('closes when a grace period is over by the clock', async () => {
    await must(suite.world.api.patch(`/v1/stripe/connections/${ONLY}`, { settings: { pastDueGraceDays: 60 } }));
    await suite.carry(suite.mine(['price_team']));
    const late = subscriptionOf(suite.own('sub_late_'), ['price_business'], { customerId: suite.cus, status: 'past_due' });
    await suite.carry({ subscriptions: [late], customers: [customerOf(suite.cus)] });
    expect(await suite.states('SEVERAL_BASE_PACKAGES', suite.email())).toEqual(['OPEN']);
    suite.world.api.clock.advance(60 * 86_400_000);
    await suite.refresh();
    expect(await suite.states('SEVERAL_BASE_PACKAGES', suite.email())).toEqual(['CLOSED']);
    await expectNoOrphans(suite.world.api);
    await must(suite.world.api.patch(`/v1/stripe/connections/${ONLY}`, { settings: { pastDueGraceDays: 0 } }));
  });

  it('of a claim closes with an edit of the user who is claimed, though nothing of Stripe’s is left there', async () => {
    await suite.carry(suite.mine(['price_team']));
    await suite.makeUser(suite.own('claimant'), { email: suite.email() });
    await suite.carry(suite.mine(['price_team'], ENDED));
    expect(await suite.states('CLAIM_UNVERIFIED', suite.own('claimant'))).toEqual(['OPEN']);
    await suite.patchUser(suite.email(), { email: `other.${suite.email()}` });
    expect(await suite.states('CLAIM_UNVERIFIED', suite.own('claimant'))).toEqual(['CLOSED']);
    await expectNoOrphans(suite.world.api);
  });

  it('shows the evidence of now while it is open', async () => {
    await suite.carry(suite.mine(['price_team', 'price_business']));
    const { id, openedAt } = await suite.standing('SEVERAL_BASE_PACKAGES', suite.email());
    await suite.world.publish(suite.own('third'));
    await suite.world.map({ [suite.price]: suite.own('third') }, ONLY);
    await suite.carry(suite.mine(['price_team', suite.price]));
    expect(await suite.standing('SEVERAL_BASE_PACKAGES', suite.email())).toMatchObject({ id, openedAt, evidence: { packageIds: ['team', suite.own('third')] } });
    await suite.carry(suite.mine([]));
  });

  it('is not opened for what has ended, or was granted before its package was archived', async () => {
    await suite.carry(suite.mine([suite.price], ENDED));
    expect(await suite.states('PRICE_UNMAPPED', suite.price)).toEqual([]);
    const shelf = suite.own('shelf');
    await suite.world.publish(shelf);
    await suite.world.map({ [suite.price]: shelf }, ONLY);
    await suite.carry({ subscriptions: [subscriptionOf(`${suite.sub}b`, [suite.price])] });
    suite.world.api.clock.advance(1000);
    await must(suite.world.api.post(`/v1/packages/${shelf}/archive`));
    await suite.refresh();
    expect(await suite.states('PACKAGE_ARCHIVED', shelf)).toEqual([]);
  });

  it('about a refused record stays while the next run has not come to its end', async () => {
    await suite.runWith([suite.sub]);
    await suite.runWith([], false);
    expect(await suite.states('RECORD_REFUSED', suite.sub)).toEqual(['OPEN']);
    await suite.world.sql(`update import_run set status = 'FAILED', finished_at = now() where status = 'RUNNING'`);
    await suite.refresh();
    expect(await suite.states('RECORD_REFUSED', suite.sub)).toEqual(['OPEN']);
    await suite.runWith([]);
    expect(await suite.states('RECORD_REFUSED', suite.sub)).toEqual(['CLOSED']);
  });

  it('about a user is one, whatever account brings it about or cures it', async () => {
    await suite.carry(suite.mine(['price_seats']));
    expect(await suite.states('ADDON_WITHOUT_BASE', suite.email())).toEqual(['OPEN']);
    const customerId = suite.own('cus_other_');
    const base = { connectionId: OTHER, subscriptions: [subscriptionOf(`${suite.sub}b`, ['price_team'], { customerId })], customers: [customerOf(customerId, { email: suite.email() })] };
    await suite.carry(base);
    expect(await suite.states('ADDON_WITHOUT_BASE', suite.email())).toEqual(['CLOSED']);
    await suite.carry({ ...base, subscriptions: base.subscriptions.map((each) => ({ ...each, ...ENDED })) });
    expect(await suite.states('ADDON_WITHOUT_BASE', suite.email())).toEqual(['OPEN', 'CLOSED']);
    await suite.carry(suite.mine(['price_seats'], ENDED));
  });

  it('names users by the ids that they have, never by internal keys', async () => {
    await suite.carry({ ...suite.withoutEmail(), ...suite.mine(['price_team', 'price_business']) });
    const issues = [...(await suite.about('SEVERAL_BASE_PACKAGES', suite.cus)), ...(await suite.about('CUSTOMER_WITHOUT_EMAIL', suite.cus))];
    expect(issues.map(({ evidence }) => evidence)).toEqual([{ packageIds: ['business', 'team'] }, { userId: suite.cus }]);
    expect(JSON.stringify(await suite.listed(''))).not.toContain('usr_');
    await suite.carry(suite.mine([]));
  });
});

describe('the list of issues', () => {
  it('is filtered by state and kind, and paged newest first', async () => {
    const { api } = suite.world;
    await suite.carry({ subscriptions: ['x', 'y', 'z'].map((name) => subscriptionOf(`${suite.sub}${name}`, ['price_team'], { status: 'on_hold' })) });
    const open = await suite.listed('status=OPEN&kind=STATUS_UNKNOWN');
    expect(open.map(({ subject }) => subject.id).toSorted()).toEqual(['x', 'y', 'z'].map((name) => `${suite.sub}${name}`));
    const everything = await suite.listed('');
    expect((await suite.listed('status=OPEN')).length + (await suite.listed('status=CLOSED')).length).toBe(everything.length);
    expect([...(await suite.listed(`connectionId=${OTHER}`)), ...(await suite.listed(`connectionId=${ONLY}`))].length).toBe(everything.length);
    const paged: Issue[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: PageOf = await must(api.get<PageOf>(`/v1/sync/issues?limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`));
      paged.push(...page.data);
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(everything);
    expect(everything.map(({ openedAt }) => openedAt)).toEqual(everything.map(({ openedAt }) => openedAt).toSorted((a, b) => (a < b ? 1 : -1)));
  });

  it('shows each by itself, in words and with its cure', async () => {
    const { api } = suite.world;
    const [first] = await suite.listed('kind=STATUS_UNKNOWN');
    expect(await must(api.get(`/v1/sync/issues/${first?.id}`))).toEqual(first);
    expect(first?.text).toContain(first?.subject.id);
    expect(first?.cure.length).toBeGreaterThan(10);
    expect(await api.get('/v1/sync/issues/iss_none')).toMatchObject({ status: 404, body: { code: 'issue_not_found' } });
  });

  it.each(['status=open', 'kind=ANY', 'cursor=zzz', 'limit=0'])('refuses %s', async (query) => {
    expect((await suite.world.api.get(`/v1/sync/issues?${query}`)).status).toBe(400);
  });
});
