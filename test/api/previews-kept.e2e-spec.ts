import { SubscribeCommandService, SubscriptionApplier } from '@app/subscriptions';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { CommandWorld, type Paid } from '../support/command-world.js';
import { documentedCodes } from '../support/operations.js';

const PATIENCE_MS = 120_000;
const PREVIEWS = '/v1/sync/commands/previews';

interface Answer {
  code: string;
  detail: string;
  preview: string;
  errors: { pointer: string }[];
}

let world: CommandWorld;
let paid: Paid;
let other: Paid;

/** Nothing is delivered here: what is asked for is still to go. */
beforeAll(async () => {
  world = await CommandWorld.open();
  paid = await world.paid();
  other = await world.paid();
  await world.account.settled();
  await world.account.stopWorker();
}, PATIENCE_MS);
afterAll(() => world.close());

async function wordOf(kind: string, asked: object, { id: subscriptionId } = paid): Promise<string> {
  const { status, text, body } = await world.call<Answer>(PREVIEWS, { kind, subscriptionId, ...asked });
  if (status !== 200) {
    throw new Error(text);
  }
  return body.preview;
}

describe('a preview', () => {
  it('does not hold where the package is paid by another price by then, though nobody has named one', async () => {
    const preview = await wordOf('CHANGE_PACKAGE', { packageId: 'starter' });
    await world.sql(`update stripe_price set active = false where id = 'price_StarterMonthUsd'`);
    await world.sql(`update price_mapping set package_id = 'starter' where price_id = 'price_BusinessMonthUsd'`);
    const { status, body } = await world.call<Answer>(`/v1/subscriptions/${paid.id}/change-package`, { packageId: 'starter', preview });
    await world.sql(`update stripe_price set active = true where id = 'price_StarterMonthUsd'`);
    await world.sql(`update price_mapping set package_id = 'business' where price_id = 'price_BusinessMonthUsd'`);
    expect([status, body.code]).toEqual([412, 'preview_outdated']);
  });

  it('does not hold where a command that was asked for before is still to change the subscription', async () => {
    const preview = await wordOf('CHANGE_QUANTITY', { quantity: 5 });
    await world.ask(paid, 'change-quantity', { quantity: 9 });
    const { status, body } = await world.call<Answer>(`/v1/subscriptions/${paid.id}/change-quantity`, { quantity: 5, preview });
    expect([status, body.code, body.detail]).toEqual([412, 'preview_outdated', expect.stringContaining('asked for before')]);
    await world.ask(other, 'change-quantity', { quantity: 5, preview: await wordOf('CHANGE_QUANTITY', { quantity: 5 }, other) });
  });

  it('of an end is of one end', async () => {
    const { status, body } = await world.call<Answer>(PREVIEWS, { kind: 'CANCEL', subscriptionId: paid.id, atPeriodEnd: true, cancelAt: '2999-01-01T00:00:00Z' });
    expect([status, body.code, body.errors.map(({ pointer }) => pointer)]).toEqual([400, 'request_invalid', ['/atPeriodEnd']]);
  });
});

describe('a time that could not be read from Stripe again', () => {
  it('is refused, whatever it is for', async () => {
    const never = '9999-12-31T23:59:59Z';
    const calls: [string, object][] = [
      [`/v1/subscriptions/${paid.id}/cancel`, { cancelAt: never }],
      [`/v1/subscriptions/${paid.id}/pause`, { behavior: 'VOID', resumesAt: never }],
      [PREVIEWS, { kind: 'CANCEL', subscriptionId: paid.id, cancelAt: never }],
    ];
    for (const [path, body] of calls) {
      const answer = await world.call<Answer>(path, body);
      expect([answer.status, answer.body.errors]).toMatchObject([400, [{ detail: 'must be before 9999-12-31' }]]);
    }
    expect(await wordOf('CANCEL', { cancelAt: '9999-12-30T23:59:59.999Z' })).not.toBe('');
  });
});

describe('a preview that Stripe does not make', () => {
  it('says which right the key lacks, in the dashboard’s words, and all that may go wrong is documented', async () => {
    await world.api.post(`/v1/stripe/connections/${world.connectionId}/rotate-key`, { apiKey: 'rk_test_no_invoices_x' });
    const lacking = await world.call<Answer>(PREVIEWS, { kind: 'RESUME', subscriptionId: paid.id });
    await world.api.post(`/v1/stripe/connections/${world.connectionId}/rotate-key`, { apiKey: 'rk_test_whole_again' });
    expect([lacking.status, lacking.body.code, lacking.body.detail]).toEqual([422, 'stripe_right_missing', expect.stringContaining('Invoices: Write')]);
    world.sandbox.setFaults({ failing: 1, appliesFirst: 0, only: ['POST'] });
    const failing = await world.call<Answer>(PREVIEWS, { kind: 'RESUME', subscriptionId: paid.id });
    world.sandbox.setFaults({});
    expect([failing.status, failing.body.code]).toEqual([503, 'stripe_failing']);
    expect([await documentedCodes(world.api, 'previewSyncCommand', 422), await documentedCodes(world.api, 'previewSyncCommand', 503)]).toEqual([expect.arrayContaining([lacking.body.code]), expect.arrayContaining([failing.body.code])]);
  }, PATIENCE_MS);
});

describe('a preview that PostgreSQL ends, as two wait for each other', () => {
  /** The first time it is done, and then undone. */
  function failOnce<Given extends unknown[], Done>(call: (...given: Given) => Promise<Done>): (...given: Given) => Promise<Done> {
    let calls = 0;
    return async (...given) => {
      calls += 1;
      const done = await call(...given);
      if (calls === 1) {
        throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
      }
      return done;
    };
  }

  it.each([
    ['a change', () => ({ kind: 'CANCEL', subscriptionId: other.id })],
    ['subscribing', () => ({ kind: 'SUBSCRIBE', userId: 'nobody-yet', packageIds: ['starter'], currency: 'usd', interval: 'MONTH' })],
  ])('is made once more: of %s', async (_what, asked) => {
    await world.api.post('/v1/users', { id: 'nobody-yet' });
    const applier = world.api.app.get(SubscriptionApplier, { strict: false });
    const commands = world.api.app.get(SubscribeCommandService, { strict: false });
    const [apply, decide] = [applier.apply.bind(applier), commands.decide.bind(commands)];
    [applier.apply, commands.decide] = [failOnce(apply), failOnce(decide)];
    const { status } = await world.call<Answer>(PREVIEWS, asked());
    [applier.apply, commands.decide] = [apply, decide];
    expect(status).toBe(200);
  });
});
