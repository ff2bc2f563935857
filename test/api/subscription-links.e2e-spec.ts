import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually } from '../import/kana.js';
import { CommandWorld, type Command } from '../support/command-world.js';
import { documentedCodes } from '../support/operations.js';

const PATIENCE_MS = 120_000;
const WAIT = { prefer: 'wait=20' };
const SUCCESS = 'https://app.example.com/welcome?session={CHECKOUT_SESSION_ID}';

interface Link {
  url: string;
  expiresAt: string;
  sessionId: string;
  commandId: string;
  userId: string | null;
  packageIds: string[];
}
interface Problem {
  code: string;
  errors: { pointer: string }[];
}

let world: CommandWorld;

beforeAll(async () => {
  world = await CommandWorld.open();
}, PATIENCE_MS);
afterAll(() => world.close());

const asked = (difference: object = {}) => ({ packageIds: ['starter'], currency: 'usd', interval: 'MONTH', successUrl: SUCCESS, ...difference });
const open = <Body = Link>(difference: object = {}, headers: Record<string, string> = WAIT) => world.call<Body>('/v1/subscription-links', asked(difference), headers);
async function makeUser(difference: object = {}): Promise<string> {
  const id = `linked-${randomUUID()}`;
  await world.call('/v1/users', { id, ...difference });
  return id;
}
/** As the payer does it, with a browser. */
async function pay(url: string, form: Record<string, string>): Promise<string | null> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ ...form, outcome: 'pay' }), redirect: 'manual' });
  expect(answer.status).toBe(303);
  await world.account.settled();
  return answer.headers.get('location');
}
async function packagesOf(user: string): Promise<string[]> {
  const { body } = await world.api.get<{ data: { packageId: string; givesAccess: boolean }[] }>(`/v1/users/${user}/subscriptions`);
  return (body.data ?? []).filter(({ givesAccess }) => givesAccess).map(({ packageId }) => packageId);
}
const paidFor = (user: string, packageId: string) => eventually(`${packageId} of ${user}`, async () => (await packagesOf(user)).includes(packageId) || undefined);

describe('a subscription link', () => {
  it('lets a user without a customer subscribe, whatever email is typed', async () => {
    const user = await makeUser();
    const { status, body } = await open({ userId: user, trialDays: 7, allowPromotionCodes: true });
    expect([status, body]).toMatchObject([201, { userId: user, packageIds: ['starter'], url: expect.stringContaining(world.sandbox.url) }]);
    expect(await pay(body.url, { email: 'somebody.else@links.example', name: 'Payer' })).toBe(`https://app.example.com/welcome?session=${body.sessionId}`);
    await paidFor(user, 'starter');
    expect(world.sandbox.checkouts.show(body.sessionId)).toMatchObject({ client_reference_id: user, metadata: { kana_command: body.commandId } });
  });

  it('fills in the user’s email, and pays by the customer of a user who has one', async () => {
    const user = await makeUser({ email: `${randomUUID()}@links.example`, emailVerified: true });
    const first = (await open({ userId: user })).body;
    const before = world.sandbox.checkouts.show(first.sessionId);
    expect([before.customer, before.customer_email]).toEqual([null, (await world.api.get<{ email: string }>(`/v1/users/${user}`)).body.email]);
    await pay(first.url, { name: 'Payer' });
    await paidFor(user, 'starter');
    const second = (await open({ userId: user, packageIds: ['extra-seats'] })).body;
    const customer = world.sandbox.checkouts.show(first.sessionId).customer;
    expect(world.sandbox.checkouts.show(second.sessionId)).toMatchObject({ customer, customer_email: null });
    await pay(second.url, {});
    await paidFor(user, 'extra-seats');
  });

  it('for nobody makes the user of whoever completes it', async () => {
    const { body } = await open();
    const email = `${randomUUID()}@links.example`;
    await pay(body.url, { email, name: 'New' });
    await paidFor(email, 'starter');
    expect([body.userId, (await world.command(body.commandId)).kind]).toEqual([null, 'SUBSCRIPTION_LINK']);
  });

  it('is a command like the others for whoever does not wait, and tells its address there', async () => {
    const user = await makeUser();
    const { status, headers, body } = await open<Command>({ userId: user, expiresAt: new Date(Date.now() + 3_600_000).toISOString() }, {});
    expect([status, headers.get('location')]).toEqual([202, `/v1/sync/commands/${body.id}`]);
    const done = (await world.ended(body.id)) as Command & { result: Link & { type: string } };
    expect(done).toMatchObject({ state: 'APPLIED', result: { type: 'CHECKOUT_SESSION', url: expect.stringContaining('/c/pay/') } });
    expect(Date.parse(done.result.expiresAt) - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect(world.mutationsOf(body.id)).toBe(1);
  });

  it('is refused where the id is too long for Stripe, and opened by an alias that is not', async () => {
    const long = 'u'.repeat(201);
    const alias = `alias-${randomUUID()}`;
    await world.call('/v1/users', { id: long });
    const { status, body } = await open<Problem>({ userId: long });
    expect([status, body.code, body.errors[0]?.pointer]).toEqual([422, 'user_id_too_long', '/userId']);
    await world.sql(`insert into user_name (name, user_key, kind) select $1, user_key, 'ALIAS' from user_name where name = $2`, [alias, long]);
    const opened = await open({ userId: long });
    expect(world.sandbox.checkouts.show(opened.body.sessionId).client_reference_id).toBe(alias);
  });

  it('is refused for an add-on whose base package ends, and the document says so', async () => {
    const user = await makeUser();
    await world.call('/v1/subscriptions', { userId: user, packageIds: ['team'], billing: 'KANA', cancelAt: new Date(Date.now() + 86_400_000).toISOString() });
    const { status, body } = await open<Problem>({ userId: user, packageIds: ['extra-seats'] });
    expect([status, body.code, body.errors[0]?.pointer]).toEqual([422, 'addon_outlives_base', '/packageIds/0']);
    expect(await documentedCodes(world.api, 'createSubscriptionLink', 422)).toContain(body.code);
  });

  it.each<[string, object, unknown[]]>([
    ['an unknown user', { userId: 'nobody' }, [404, 'user_not_found', undefined]],
    ['an add-on for nobody', { packageIds: ['extra-seats'] }, [422, 'addon_without_base', '/packageIds/0']],
    ['an unknown package', { packageIds: ['nothing'] }, [404, 'package_not_found', '/packageIds/0']],
    ['no one price', { packageIds: ['business'] }, [422, 'price_ambiguous', '/priceIds']],
    ['a page that is soon closed', { expiresAt: new Date(Date.now() + 60_000).toISOString() }, [422, 'expires_at_impossible', '/expiresAt']],
    ['a page that is none', { successUrl: 'javascript:alert(1)' }, [400, 'request_invalid', '/successUrl']],
    ['no way back', { successUrl: undefined }, [400, 'request_invalid', '/successUrl']],
  ])('is refused for %s', async (_name, difference, problem) => {
    const { status, body } = await open<Problem>(difference);
    expect([status, body.code, body.errors?.[0]?.pointer]).toEqual(problem);
  });
});
