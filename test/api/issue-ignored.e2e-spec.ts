import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ENDED, type Issue, IssueSuite } from '../support/issue-suite.js';
import { expectNoOrphans } from '../support/orphans/orphans.js';
import { subscriptionOf } from '../support/snapshots.js';
import { must, ONLY } from '../support/stripe-world.js';

let suite: IssueSuite;
beforeAll(async () => {
  suite = await IssueSuite.start();
});
afterAll(() => suite.world.close());
beforeEach(() => suite.next());

const ignore = (id: string, body: object = { reason: 'Settled by hand' }): Promise<Issue> => must(suite.world.api.post<Issue>(`/v1/sync/issues/${id}/ignore`, body));

/** An ignored issue about a user with two base packages. */
async function ignored(body?: object): Promise<Issue> {
  await suite.carry(suite.mine(['price_team', 'price_business']));
  return ignore((await suite.standing('SEVERAL_BASE_PACKAGES', suite.email())).id, body);
}

describe('an ignored issue', () => {
  it('says who ignored it, when and why, and is neither open nor closed', async () => {
    const issue = await ignored({ reason: 'Two contracts' });
    const at = suite.world.api.clock.now().toISOString();
    expect(issue).toMatchObject({ status: 'IGNORED', closedAt: null, ignored: { by: expect.stringMatching(/^key_/), at, reason: 'Two contracts', until: null } });
    expect((await suite.listed('status=IGNORED')).map(({ id }) => id)).toContain(issue.id);
    expect((await suite.listed('status=OPEN')).map(({ id }) => id)).not.toContain(issue.id);
    await suite.carry(suite.mine([]));
  });

  it('stays so while its cause is the same, and nothing is opened beside it', async () => {
    const issue = await ignored();
    await suite.carry(suite.mine(['price_team', 'price_business'], { cancelAtPeriodEnd: true }));
    await suite.refresh();
    expect(await suite.about('SEVERAL_BASE_PACKAGES', suite.email())).toEqual([issue]);
    await expectNoOrphans(suite.world.api);
    await suite.carry(suite.mine([]));
  });

  it('closes by itself as any other, and still says that it was ignored', async () => {
    const { id } = await ignored();
    await suite.carry(suite.mine(['price_team']));
    expect(await suite.about('SEVERAL_BASE_PACKAGES', suite.email())).toEqual([expect.objectContaining({ id, status: 'CLOSED', ignored: expect.objectContaining({ reason: 'Settled by hand' }) })]);
    await suite.carry(suite.mine(['price_team', 'price_business']));
    expect(await suite.states('SEVERAL_BASE_PACKAGES', suite.email())).toEqual(['OPEN', 'CLOSED']);
    await suite.carry(suite.mine([]));
  });

  it('gives way to a new one when its cause is another', async () => {
    const { id } = await ignored();
    await suite.world.publish(suite.own('third'));
    await suite.world.map({ [suite.price]: suite.own('third') }, ONLY);
    await suite.carry(suite.mine(['price_team', suite.price]));
    const [anew, before] = await suite.about('SEVERAL_BASE_PACKAGES', suite.email());
    expect(before).toMatchObject({ id, status: 'CLOSED' });
    expect(anew).toMatchObject({ status: 'OPEN', evidence: { packageIds: ['team', suite.own('third')] }, ignored: null });
    await expectNoOrphans(suite.world.api);
    await suite.carry(suite.mine([]));
  });

  it('is open again at its time', async () => {
    const until = new Date(suite.world.api.clock.now().getTime() + 3_600_000).toISOString();
    const { id, ignored: by } = await ignored({ reason: 'Migrating', until });
    expect(by?.until).toBe(until);
    suite.world.api.clock.advance(3_500_000);
    await suite.refresh();
    expect(await suite.states('SEVERAL_BASE_PACKAGES', suite.email())).toEqual(['IGNORED']);
    suite.world.api.clock.advance(100_000);
    await suite.refresh();
    expect(await suite.about('SEVERAL_BASE_PACKAGES', suite.email())).toEqual([expect.objectContaining({ id, status: 'OPEN', ignored: null })]);
    await suite.carry(suite.mine([]));
  });

  it('is opened by a call, and ignored again with other words', async () => {
    const { id } = await ignored();
    expect(await must(suite.world.api.post(`/v1/sync/issues/${id}/unignore`))).toMatchObject({ id, status: 'OPEN', ignored: null });
    expect(await must(suite.world.api.post(`/v1/sync/issues/${id}/unignore`))).toMatchObject({ status: 'OPEN' });
    await ignore(id, { reason: 'First' });
    expect(await ignore(id, { reason: 'Second' })).toMatchObject({ status: 'IGNORED', ignored: { reason: 'Second' } });
    await suite.carry(suite.mine([]));
  });

  it('is not open in the figures', async () => {
    const open = async (): Promise<string | undefined> => /kana_sync_issues_open\{kind="STATUS_UNKNOWN"\} (\d+)/.exec(String((await fetch(`${suite.world.api.url}/metrics`, { headers: { authorization: `Bearer ${suite.world.api.adminKey}` } }).then((answer) => answer.text()))))?.[1];
    await suite.carry({ subscriptions: ['a', 'b'].map((name) => subscriptionOf(`${suite.sub}${name}`, ['price_team'], { status: 'on_hold' })) });
    expect(await open()).toBe('2');
    await ignore((await suite.standing('STATUS_UNKNOWN', `${suite.sub}a`)).id);
    expect(await open()).toBe('1');
  });
});

describe('to ignore an issue', () => {
  it('is refused where it is closed, unknown, or the time is over', async () => {
    const { api } = suite.world;
    await suite.carry(suite.mine([suite.price]));
    const { id } = await suite.standing('PRICE_UNMAPPED', suite.price);
    const until = new Date(api.clock.now().getTime() - 1000).toISOString();
    expect(await api.post(`/v1/sync/issues/${id}/ignore`, { reason: 'x', until })).toMatchObject({ status: 422, body: { code: 'until_in_past', errors: [{ pointer: '/until' }] } });
    expect(await api.post(`/v1/sync/issues/${id}/ignore`, {})).toMatchObject({ status: 400, body: { errors: [{ pointer: '/reason' }] } });
    await suite.carry(suite.mine([suite.price], ENDED));
    const bodies: Record<string, object | undefined> = { ignore: { reason: 'x' }, unignore: undefined };
    for (const [action, body] of Object.entries(bodies)) {
      expect(await api.post(`/v1/sync/issues/${id}/${action}`, body)).toMatchObject({ status: 409, body: { code: 'issue_closed' } });
      expect(await api.post(`/v1/sync/issues/iss_none/${action}`, body)).toMatchObject({ status: 404, body: { code: 'issue_not_found' } });
    }
  });
});
