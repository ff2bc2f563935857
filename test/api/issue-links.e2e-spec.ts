import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { TestAnswer } from '../support/api.js';
import { ENDED, type Issue, IssueSuite, OTHER } from '../support/issue-suite.js';
import { expectNoOrphans } from '../support/orphans/orphans.js';
import { customerOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY } from '../support/stripe-world.js';

interface Link {
  connectionId: string;
  customerId: string;
  matchedBy: string;
  matchedValue: string | null;
  conflict: string | null;
  primary: boolean;
}
interface User {
  id: string;
  aliases: string[];
  email: string | null;
  billingId: string | null;
  sources: Record<string, string | null>;
}

let suite: IssueSuite;
beforeAll(async () => {
  suite = await IssueSuite.start();
});
afterAll(() => suite.world.close());
beforeEach(() => suite.next());
const call = (issue: Issue, fix: string, body: object = {}): Promise<TestAnswer<Issue & { code: string }>> => suite.world.api.post(`/v1/sync/issues/${issue.id}/fixes/${fix}`, body);
const fixed = (issue: Issue, fix: string, body?: object): Promise<Issue> => must(call(issue, fix, body));
const user = (id: string): Promise<User> => must(suite.world.api.get<User>(`/v1/users/${encodeURIComponent(id)}`));
const links = async (id: string): Promise<Link[]> => (await must(suite.world.api.get<{ data: Link[] }>(`/v1/users/${encodeURIComponent(id)}/links`))).data;
const a = (): string => suite.own('a');
const b = (): string => suite.own('b');

async function packagesOf(userId: string): Promise<string[]> {
  const { data } = await must(suite.world.api.get<{ data: { packageId: string; status: string }[] }>(`/v1/subscriptions?userId=${encodeURIComponent(userId)}`));
  return data.filter(({ status }) => status === 'ACTIVE').map(({ packageId }) => packageId);
}

/** Two users have the customer's email; nobody has what it pays for. */
async function shared(): Promise<Issue> {
  await suite.makeUser(a(), { email: suite.email() });
  await suite.makeUser(b(), { email: suite.email() });
  await suite.carry(suite.mine(['price_team']));
  return suite.standing('EMAIL_SHARED', suite.cus);
}

describe('a customer in conflict', () => {
  it('is offered to each user that it may mean, to any other, and to a new one', async () => {
    const { fixes } = await shared();
    expect(fixes.map(({ fix, body, missing }) => [fix, body, missing])).toEqual([
      ['link-user', { userId: a() }, []],
      ['link-user', { userId: b() }, []],
      ['link-user', {}, ['/userId']],
      ['create-user', {}, []],
    ]);
  });

  it('is linked to the user that a person names, with what it pays for', async () => {
    expect(await fixed(await shared(), 'link-user', { userId: b() })).toMatchObject({ status: 'CLOSED' });
    expect(await packagesOf(b())).toEqual(['team']);
    expect(await links(b())).toMatchObject([{ customerId: suite.cus, matchedBy: 'PERSON', matchedValue: null, conflict: null, primary: true }]);
    expect(await user(b())).toMatchObject({ billingId: suite.cus, sources: { billingId: 'STRIPE' } });
    await expectNoOrphans(suite.world.api);
  });

  it('is linked beside the billingId that the user has already', async () => {
    await suite.carry({ subscriptions: [subscriptionOf(`${suite.sub}first`, ['price_team'], { customerId: suite.own('first') })], customers: [customerOf(suite.own('first'), { email: 'first@x.example', userIdHint: a() })] });
    await suite.patchUser(a(), { billingId: suite.own('first') });
    await suite.makeUser(b(), { email: suite.email() });
    await suite.makeUser(suite.own('c'), { email: suite.email() });
    await suite.carry(suite.mine(['price_seats']));
    await fixed(await suite.standing('EMAIL_SHARED', suite.cus), 'link-user', { userId: a() });
    expect((await packagesOf(a())).toSorted()).toEqual(['seats', 'team']);
    expect(await user(a())).toMatchObject({ billingId: suite.own('first') });
    await expectNoOrphans(suite.world.api);
  });

  it('stays where the person has put it, whatever Stripe says later', async () => {
    await fixed(await shared(), 'link-user', { userId: b() });
    const changes = [{ email: 'moved@x.example' }, { userIdHint: a() }, { userIdHint: ' bad ' }, { email: null }, { name: 'Another' }, { email: suite.email() }];
    for (const change of changes) {
      await suite.carry({ ...suite.mine(['price_team']), customers: [customerOf(suite.cus, { email: suite.email(), ...change })] });
      expect(await links(b())).toMatchObject([{ customerId: suite.cus, matchedBy: 'PERSON', conflict: null }]);
    }
    expect(await packagesOf(b())).toEqual(['team']);
    await expectNoOrphans(suite.world.api);
  });

  it('is given to a new user with an id of one’s choice', async () => {
    await fixed(await shared(), 'create-user', { id: suite.own('new') });
    expect(await packagesOf(suite.own('new'))).toEqual(['team']);
    expect(await user(suite.own('new'))).toMatchObject({ email: suite.email(), sources: { email: 'STRIPE' }, billingId: suite.cus });
    await expectNoOrphans(suite.world.api);
  });

  it('gives a new user its email as id, or its own id where the email is somebody’s', async () => {
    await fixed(await shared(), 'create-user');
    expect(await packagesOf(suite.email())).toEqual(['team']);
    await suite.next();
    await suite.makeUser(suite.email(), { email: 'somebody.else@x.example' });
    await suite.carry(suite.mine(['price_team']));
    await fixed(await suite.standing('USER_ID_TAKEN', suite.cus), 'create-user');
    expect(await packagesOf(suite.cus)).toEqual(['team']);
    await expectNoOrphans(suite.world.api);
  });

  it('is refused an id that is taken, and a user that is none; nothing is done then', async () => {
    const issue = await shared();
    expect(await call(issue, 'create-user', { id: a() })).toMatchObject({ status: 409, body: { code: 'user_exists' } });
    expect(await call(issue, 'link-user', { userId: 'nobody' })).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    expect(await suite.standing('EMAIL_SHARED', suite.cus)).toEqual(issue);
    await suite.carry(suite.mine(['price_team'], ENDED));
  });
});

describe('a link in doubt', () => {
  /** A user made from Stripe, whose email the company’s metadata on another customer claims for a user with an email of its own. */
  async function doubted(): Promise<Issue> {
    await suite.carry(suite.mine(['price_team']));
    await suite.makeUser(a(), { name: 'Ann' });
    await suite.makeUser(b(), { email: suite.email() });
    await suite.carry({ ...suite.mine(['price_team']), customers: [customerOf(suite.cus, { name: 'Changed' })] });
    await suite.carry({ subscriptions: [subscriptionOf(`${suite.sub}x`, ['price_seats'], { customerId: suite.own('x') })], customers: [customerOf(suite.own('x'), { email: suite.email(), userIdHint: a() })] });
    return suite.standing('EMAIL_SHARED', suite.cus);
  }

  it('is confirmed by naming the same user again', async () => {
    const issue = await doubted();
    expect(issue.evidence['linkedTo']).toBe(suite.email());
    await fixed(issue, 'link-user', { userId: suite.email() });
    expect(await links(suite.email())).toMatchObject([{ customerId: suite.cus, matchedBy: 'PERSON', conflict: null }]);
    await expectNoOrphans(suite.world.api);
  });

  it('leaves nothing of a user that was only its echo: its id becomes an alias, and what it had goes along', async () => {
    const issue = await doubted();
    await fixed(issue, 'link-user', { userId: b() });
    expect(await user(suite.email())).toMatchObject({ id: b(), aliases: [suite.email()] });
    expect(await packagesOf(b())).toEqual(['team']);
    const changes = await suite.world.sql(`select 1 from entitlement_change where user_key not in (select key from kana_user)`);
    expect(changes).toEqual([]);
    await expectNoOrphans(suite.world.api);
  });
});

describe('a customer without an email', () => {
  it('is linked to the user whose it is: its own id becomes an alias', async () => {
    await suite.makeUser(a(), {});
    await suite.carry(suite.withoutEmail());
    await fixed(await suite.standing('CUSTOMER_WITHOUT_EMAIL', suite.cus), 'link-user', { userId: a() });
    expect(await user(suite.cus)).toMatchObject({ id: a(), aliases: [suite.cus] });
    await suite.carry(suite.mine(['price_team']));
    expect(await user(a())).toMatchObject({ email: suite.email() });
    await expectNoOrphans(suite.world.api);
  });
});

describe('a claim that nobody has verified', () => {
  it('is taken as good by a person: the other one’s customers, of all accounts, are the user’s, and its id an alias', async () => {
    await suite.carry(suite.mine(['price_team']));
    const other = suite.own('cus_other_');
    await suite.carry({ connectionId: OTHER, subscriptions: [subscriptionOf(`${suite.sub}b`, ['price_seats'], { customerId: other })], customers: [customerOf(other, { email: suite.email() })] });
    await suite.makeUser(a(), { email: suite.email() });
    const issue = await suite.standing('CLAIM_UNVERIFIED', a());
    expect(issue.evidence).toEqual({ userId: suite.email() });
    expect(await fixed(issue, 'take-over')).toMatchObject({ status: 'CLOSED' });
    expect((await packagesOf(a())).toSorted()).toEqual(['seats', 'team']);
    expect(await user(suite.email())).toMatchObject({ id: a(), aliases: [suite.email()] });
    expect((await links(a())).map(({ connectionId, matchedBy }) => `${connectionId} ${matchedBy}`)).toEqual([`${ONLY} PERSON`, `${OTHER} PERSON`]);
    await expectNoOrphans(suite.world.api);
  });
});

describe('a user whose email is verified', () => {
  const verified = { emailVerified: true };

  it('takes over who was made from Stripe by it, when it is created', async () => {
    await suite.carry(suite.mine(['price_team']));
    await suite.makeUser(a(), { email: suite.email(), ...verified });
    expect(await packagesOf(a())).toEqual(['team']);
    expect(await user(suite.email())).toMatchObject({ id: a(), aliases: [suite.email()], email: suite.email(), billingId: suite.cus });
    await expectNoOrphans(suite.world.api);
  });

  it('takes over when the company says so later, which cures the claim', async () => {
    await suite.carry(suite.mine(['price_team']));
    await suite.makeUser(a(), { email: suite.email() });
    expect(await packagesOf(a())).toEqual([]);
    await suite.patchUser(a(), verified);
    expect(await suite.states('CLAIM_UNVERIFIED', a())).toEqual(['CLOSED']);
    expect(await packagesOf(a())).toEqual(['team']);
  });

  it('takes over nobody with a real id, and nobody whose email others have, too', async () => {
    await suite.makeUser(a(), { email: suite.email() });
    await suite.makeUser(b(), { email: suite.email(), ...verified });
    expect(await user(a())).toMatchObject({ id: a() });
    await suite.next();
    await suite.carry(suite.mine(['price_team']));
    await suite.makeUser(a(), { email: suite.email() });
    await suite.makeUser(b(), { email: suite.email(), ...verified });
    expect([await packagesOf(suite.email()), await packagesOf(b())]).toEqual([['team'], []]);
  });

  it('takes over nobody in whom the company has a part', async () => {
    await suite.carry(suite.mine(['price_team']));
    await suite.patchUser(suite.email(), { name: 'Ann' });
    await suite.makeUser(a(), { email: suite.email(), ...verified });
    expect([await packagesOf(suite.email()), await packagesOf(a())]).toEqual([['team'], []]);
  });
});

describe('the user that a customer leaves', () => {
  it('has nothing of it any more, where it has no other and the company has a part in it', async () => {
    await suite.makeUser(a(), { name: 'Ann' });
    await suite.carry({ ...suite.mine(['price_team']), customers: [customerOf(suite.cus, { email: suite.email(), userIdHint: a() })] });
    await suite.makeUser(b(), {});
    // As somebody does who has linked the wrong one, and says so again.
    await suite.world.sql(`update stripe_customer set conflict = 'USER_ID_TAKEN', conflict_evidence = '{}' where id = $1`, [suite.cus]);
    await suite.refresh();
    await fixed(await suite.standing('USER_ID_TAKEN', suite.cus), 'link-user', { userId: b() });
    expect(await user(a())).toMatchObject({ id: a(), email: null, billingId: null, sources: { name: 'COMPANY', email: null, billingId: null } });
    expect([await packagesOf(a()), await packagesOf(b())]).toEqual([[], ['team']]);
    await expectNoOrphans(suite.world.api);
  });
});
