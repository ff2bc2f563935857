import { ISSUE_KINDS } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ISSUE_CASES } from '../support/issue-cases.js';
import { ENDED, type Issue, IssueSuite } from '../support/issue-suite.js';
import { expectNoOrphans } from '../support/orphans/orphans.js';
import { type SettleSuite, startSettleSuite, T } from '../support/settle-suite.js';
import { customerOf, subscriptionOf } from '../support/snapshots.js';
import type { TestAnswer } from '../support/api.js';
import { must, ONLY } from '../support/stripe-world.js';

let suite: IssueSuite;
let settling: SettleSuite;
beforeAll(async () => {
  suite = await IssueSuite.start();
  settling = startSettleSuite(suite.world);
});
afterAll(() => suite.world.close());
beforeEach(() => suite.next());

type Problem = Issue & { code: string; errors: { pointer: string }[] };
const call = (issue: Issue, fix: string, body?: object): Promise<TestAnswer<Problem>> => suite.world.api.post<Problem>(`/v1/sync/issues/${issue.id}/fixes/${fix}`, body);
const fixed = (issue: Issue, fix: string, body?: object): Promise<Issue> => must(call(issue, fix, body));

async function unmapped(): Promise<Issue> {
  await suite.carry(suite.mine([suite.price]));
  return suite.standing('PRICE_UNMAPPED', suite.price);
}

async function packagesOf(userId: string): Promise<string[]> {
  const { data } = await must(suite.world.api.get<{ data: { packageId: string; status: string }[] }>(`/v1/subscriptions?userId=${encodeURIComponent(userId)}`));
  return data.filter(({ status }) => status === 'ACTIVE').map(({ packageId }) => packageId);
}

describe('the fixes of an issue', () => {
  it('are listed with it, each as a call, with what it takes and what is missing', async () => {
    const { id, fixes } = await unmapped();
    expect(fixes).toEqual([
      { fix: 'map', title: expect.any(String), method: 'POST', href: `/v1/sync/issues/${id}/fixes/map`, body: {}, missing: ['/packageId'] },
      { fix: 'ignore-price', title: expect.any(String), method: 'POST', href: `/v1/sync/issues/${id}/fixes/ignore-price`, body: {}, missing: ['/reason'] },
      { fix: 'generate-addon', title: expect.any(String), method: 'POST', href: `/v1/sync/issues/${id}/fixes/generate-addon`, body: {}, missing: ['/packageId', '/feature'] },
    ]);
    await suite.carry(suite.mine([suite.price], ENDED));
    expect((await suite.about('PRICE_UNMAPPED', suite.price))[0]?.fixes).toEqual([]);
  });

  it('are those of its kind; what only Stripe can cure has none', async () => {
    const found = new Map<string, string[]>();
    for (const { kind, subject, open, cure } of ISSUE_CASES) {
      await suite.next();
      await open(suite);
      found.set(kind, [...new Set((await suite.standing(kind, subject(suite))).fixes.map(({ fix }) => fix))]);
      await cure(suite);
    }
    expect(Object.fromEntries(found)).toEqual({
      ...Object.fromEntries(ISSUE_KINDS.map((kind) => [kind, []])),
      PRICE_UNMAPPED: ['map', 'ignore-price', 'generate-addon'],
      PACKAGE_NOT_PUBLISHED: ['publish'],
      EMAIL_SHARED: ['link-user', 'create-user'],
      USER_ID_TAKEN: ['link-user', 'create-user'],
      METADATA_USER_INVALID: ['link-user', 'create-user'],
      EMAIL_MATCH_REVIEW: ['link-user', 'create-user'],
      CHECKOUT_USER_DIFFERS: ['link-user', 'create-user'],
      CUSTOMER_WITHOUT_EMAIL: ['read-again', 'link-user'],
      CLAIM_UNVERIFIED: ['take-over'],
      STATUS_UNKNOWN: ['read-again'],
      RECORD_REFUSED: ['read-again'],
      EVENT_DEAD: ['replay'],
      GONE_IN_STRIPE: ['read-again'],
      DRIFT_TOO_LARGE: ['approve'],
      COMMAND_FAILED: ['retry'],
    });
  });
});

describe('a price’s issue', () => {
  it('is cured by mapping it: what waits is converted in the call', async () => {
    const answer = await fixed(await unmapped(), 'map', { packageId: 'team' });
    expect(answer).toMatchObject({ status: 'CLOSED', fixes: [], impact: { subscriptions: 0 } });
    expect(await packagesOf(suite.email())).toEqual(['team']);
    await expectNoOrphans(suite.world.api);
  });

  it('is cured by ignoring the price', async () => {
    expect(await fixed(await unmapped(), 'ignore-price', { reason: 'Consulting' })).toMatchObject({ status: 'CLOSED' });
    const price = await must(suite.world.api.get(`/v1/stripe/connections/${ONLY}/prices/${suite.price}`));
    expect(price).toMatchObject({ state: 'IGNORED', ignoredReason: 'Consulting' });
  });

  it('is cured by an add-on package made from the price', async () => {
    const packageId = suite.own('extra');
    const feature = { create: { id: suite.own('calls'), name: 'Calls', type: 'CONSUMABLE' } };
    expect(await fixed(await unmapped(), 'generate-addon', { packageId, feature, limit: 5 })).toMatchObject({ status: 'CLOSED' });
    expect(await packagesOf(suite.email())).toEqual([packageId]);
  });

  it('stays, with what the call itself would answer, where that is refused', async () => {
    const issue = await unmapped();
    expect(await call(issue, 'map', { packageId: 'nothing' })).toMatchObject({ status: 422, body: { code: 'package_not_found', errors: [{ pointer: '/packageId' }] } });
    expect(await suite.standing('PRICE_UNMAPPED', suite.price)).toEqual(issue);
    await suite.carry(suite.mine([suite.price], ENDED));
  });

  it('is mapped to a draft, which is published by the next fix', async () => {
    const draft = suite.own('draft');
    await suite.world.draft(draft);
    expect(await fixed(await unmapped(), 'map', { packageId: draft })).toMatchObject({ status: 'CLOSED' });
    const waiting = await suite.standing('PACKAGE_NOT_PUBLISHED', suite.price);
    expect(waiting).toMatchObject({ evidence: { packageId: draft }, fixes: [{ fix: 'publish', title: `Publish package ${draft}`, missing: [] }] });
    expect(await fixed(waiting, 'publish')).toMatchObject({ status: 'CLOSED' });
    expect(await packagesOf(suite.email())).toEqual([draft]);
  });

  it('is cured as well while it is ignored', async () => {
    const issue = await unmapped();
    await must(suite.world.api.post(`/v1/sync/issues/${issue.id}/ignore`, { reason: 'Later' }));
    expect(await fixed(issue, 'map', { packageId: 'team' })).toMatchObject({ status: 'CLOSED', ignored: { reason: 'Later' } });
  });
});

describe('what is read again', () => {
  const nothingElse = async (type: string, id: string) => {
    const pending = await settling.claim();
    expect(pending.map(({ lease }) => lease.object)).toEqual([{ type, id }]);
    return pending;
  };

  it('cures a status that is known meanwhile', async () => {
    await suite.carry(suite.mine(['price_team'], { status: 'on_hold' }));
    expect(await fixed(await suite.standing('STATUS_UNKNOWN', suite.sub), 'read-again')).toMatchObject({ status: 'OPEN' });
    await settling.answer(await nothingElse('SUBSCRIPTION', suite.sub), () => ({ type: 'SUBSCRIPTION', snapshot: subscriptionOf(suite.sub, ['price_team']), customer: null, newPrices: [], newProducts: [] }), T);
    await suite.refresh();
    expect(await suite.states('STATUS_UNKNOWN', suite.sub)).toEqual(['CLOSED']);
  });

  it('cures a record that can be stored now', async () => {
    await suite.runWith([suite.sub]);
    await fixed(await suite.standing('RECORD_REFUSED', suite.sub), 'read-again', {});
    await settling.answer(await nothingElse('SUBSCRIPTION', suite.sub), () => ({ type: 'SUBSCRIPTION', snapshot: subscriptionOf(suite.sub, ['price_team']), customer: customerOf(suite.cus), newPrices: [], newProducts: [] }), T);
    await suite.refresh();
    expect(await suite.states('RECORD_REFUSED', suite.sub)).toEqual(['CLOSED']);
    await expectNoOrphans(suite.world.api);
  });

  it('settles an event that was given up', async () => {
    const dead = ISSUE_CASES.find(({ kind }) => kind === 'EVENT_DEAD');
    await dead?.open(suite);
    const issue = await suite.standing('EVENT_DEAD', suite.own('evt_'));
    expect(await fixed(issue, 'replay')).toMatchObject({ status: 'CLOSED' });
    await settling.answer(await nothingElse('SUBSCRIPTION', suite.sub), () => ({ type: 'SUBSCRIPTION', snapshot: subscriptionOf(suite.sub, ['price_team']), customer: customerOf(suite.cus), newPrices: [], newProducts: [] }), T);
    expect(await settling.ends()).toMatchObject({ [suite.own('evt_')]: { result: 'APPLIED' } });
    await suite.refresh();
    await expectNoOrphans(suite.world.api);
  });

  it('cures a customer that has an email now', async () => {
    await suite.carry(suite.withoutEmail());
    await fixed(await suite.standing('CUSTOMER_WITHOUT_EMAIL', suite.cus), 'read-again');
    await settling.answer(await nothingElse('CUSTOMER', suite.cus), () => ({ type: 'CUSTOMER', snapshot: customerOf(suite.cus) }), T);
    await suite.refresh();
    expect(await suite.states('CUSTOMER_WITHOUT_EMAIL', suite.cus)).toEqual(['CLOSED']);
  });
});

describe('a reconciliation that has stopped', () => {
  it('goes on when it is approved', async () => {
    await ISSUE_CASES.find(({ kind }) => kind === 'DRIFT_TOO_LARGE')?.open(suite);
    const issue = await suite.standing('DRIFT_TOO_LARGE', suite.own('rec_'));
    expect(issue.subject.name).toMatch(/^Reconciliation of \d{4}-/);
    expect(await fixed(issue, 'approve')).toMatchObject({ status: 'CLOSED' });
    expect(await suite.world.sql(`select status, approved_by from import_run where id = $1`, [suite.own('rec_')])).toEqual([{ status: 'QUEUED', approved_by: expect.stringMatching(/^key_/) }]);
    await suite.world.sql(`delete from import_run where id = $1`, [suite.own('rec_')]);
  });
});

describe('a fix', () => {
  it('that lacks something says what, and does nothing', async () => {
    const issue = await unmapped();
    expect(await call(issue, 'map')).toMatchObject({ status: 422, body: { code: 'fix_input_invalid', errors: [{ pointer: '/packageId' }] } });
    expect(await call(issue, 'generate-addon', { packageId: 'x', colour: 1 })).toMatchObject({ status: 422, body: { code: 'fix_input_invalid', errors: [{ pointer: '/feature' }, { pointer: '/colour' }] } });
    expect(await suite.standing('PRICE_UNMAPPED', suite.price)).toEqual(issue);
    await suite.carry(suite.mine([suite.price], ENDED));
  });

  it('is unknown where the kind does not have it', async () => {
    const issue = await unmapped();
    for (const name of ['publish', 'constructor', 'read-again']) {
      expect(await call(issue, name)).toMatchObject({ status: 404, body: { code: 'fix_unknown' } });
    }
    expect(await suite.world.api.post('/v1/sync/issues/iss_none/fixes/map', { packageId: 'team' })).toMatchObject({ status: 404, body: { code: 'issue_not_found' } });
    await suite.carry(suite.mine([suite.price], ENDED));
  });

  it('of a closed issue is refused, so that the same call twice does nothing twice', async () => {
    const issue = await unmapped();
    await fixed(issue, 'map', { packageId: 'team' });
    expect(await call(issue, 'map', { packageId: 'team' })).toMatchObject({ status: 409, body: { code: 'issue_closed' } });
  });

  it('is answered the same again under the same idempotency key', async () => {
    const issue = await unmapped();
    const send = (): Promise<Response> =>
      fetch(`${suite.world.api.url}/v1/sync/issues/${issue.id}/fixes/map`, {
        method: 'POST',
        headers: { authorization: `Bearer ${suite.world.api.adminKey}`, 'content-type': 'application/json', 'idempotency-key': issue.id },
        body: JSON.stringify({ packageId: 'team' }),
      });
    const [first, again] = [await send(), await send()];
    expect([first.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 200, 'true']);
    expect(await again.json()).toEqual(await first.json());
  });
});
