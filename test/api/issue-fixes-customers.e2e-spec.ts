import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ISSUE_CASES } from '../support/issue-cases.js';
import { type Issue, IssueSuite } from '../support/issue-suite.js';
import { expectNoOrphans } from '../support/orphans/orphans.js';
import type { TestAnswer } from '../support/api.js';
import { must } from '../support/stripe-world.js';

let suite: IssueSuite;
beforeAll(async () => {
  suite = await IssueSuite.start();
});
afterAll(() => suite.world.close());
beforeEach(() => suite.next());

type Answer = Issue & { code: string; detail: string; errors: { pointer: string }[] };
const call = (issue: Issue, fix: string, body?: object): Promise<TestAnswer<Answer>> => suite.world.api.post<Answer>(`/v1/sync/issues/${issue.id}/fixes/${fix}`, body);

const KINDS = ['EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW'];

async function open(kind: string): Promise<Issue> {
  await ISSUE_CASES.find((one) => one.kind === kind)?.open(suite);
  return suite.standing(kind, suite.cus);
}

async function ownerOf(subscription: string): Promise<string[]> {
  const rows = await suite.world.sql<{ id: string }>(
    `select n.name as id from package_subscription p join user_name n on n.user_key = p.user_key and n.kind = 'ID' where p.stripe_subscription_id = $1 and p.ended_at is null`,
    [subscription],
  );
  return rows.map(({ id }) => id);
}

describe.each(KINDS)('%s', (kind) => {
  it('is cured by linking the customer to a user, who then has what is paid for', async () => {
    await suite.makeUser(suite.own('right'), {});
    const issue = await open(kind);
    expect(await ownerOf(suite.sub)).toEqual([]);
    expect(await call(issue, 'link-user', { userId: suite.own('right') })).toMatchObject({ status: 200, body: { status: 'CLOSED', fixes: [] } });
    expect(await ownerOf(suite.sub)).toEqual([suite.own('right')]);
    expect(await must(suite.world.api.get(`/v1/users/${suite.own('right')}`))).toMatchObject({ billingId: suite.cus, sources: { billingId: 'STRIPE' } });
    await expectNoOrphans(suite.world.api);
  });

  it('is cured by making a new user', async () => {
    const issue = await open(kind);
    expect(await call(issue, 'create-user', { id: suite.own('new') })).toMatchObject({ status: 200, body: { status: 'CLOSED' } });
    expect(await ownerOf(suite.sub)).toEqual([suite.own('new')]);
    await expectNoOrphans(suite.world.api);
  });
});

describe('a shared email', () => {
  it('offers each user that has it, and any other', async () => {
    const { id, fixes } = await open('EMAIL_SHARED');
    const offered = fixes.filter(({ fix }) => fix === 'link-user').map(({ href, body, missing }) => ({ href, body, missing }));
    const href = `/v1/sync/issues/${id}/fixes/link-user`;
    expect(offered).toEqual([
      { href, body: { userId: suite.own('a') }, missing: [] },
      { href, body: { userId: suite.own('b') }, missing: [] },
      { href, body: {}, missing: ['/userId'] },
    ]);
  });

  it('is linked to nobody who does not exist, or by a word too many', async () => {
    const issue = await open('EMAIL_SHARED');
    expect(await call(issue, 'link-user', { userId: 'nobody' })).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    expect(await call(issue, 'create-user', { id: suite.own('a') })).toMatchObject({ status: 409, body: { code: 'user_exists' } });
    expect(await call(issue, 'create-user', { id: suite.own('n'), billingId: 'cus_9' })).toMatchObject({ status: 422, body: { code: 'fix_input_invalid', errors: [{ pointer: '/billingId' }] } });
    expect(await suite.standing('EMAIL_SHARED', suite.cus)).toEqual(issue);
  });

  it('keeps its answer when Stripe shows the customer again', async () => {
    const issue = await open('EMAIL_SHARED');
    await call(issue, 'link-user', { userId: suite.own('b') });
    await suite.carry(suite.mine(['price_team'], { quantity: 2 } as object));
    expect(await ownerOf(suite.sub)).toEqual([suite.own('b')]);
    expect(await suite.states('EMAIL_SHARED', suite.cus)).toEqual(['CLOSED']);
  });
});
