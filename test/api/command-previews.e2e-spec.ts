import { randomUUID } from 'node:crypto';

import { sqlRows } from '@app/common';
import { MAXIMUM_CONNECTIONS } from '@app/database';
import { PreviewSeal } from '@app/subscriptions';
import { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';

import { eventually, mapPrices } from '../import/kana.js';
import { CommandWorld, type Paid } from '../support/command-world.js';

const PATIENCE_MS = 120_000;
/** Of Stripe's clock: enough to make another amount. */
const HOURS_LATER_MS = 8 * 3_600_000;
const TABLES = ['package_subscription', 'stripe_subscription', 'stripe_subscription_item', 'entitlement_change', 'customer_link', 'kana_user', 'sync_command', 'audit_entry'];

interface Invoice {
  currency: string;
  total: number;
  amountDue: number;
  lines: { amount: number; isProration: boolean; quantity: number | null }[];
}
interface Access {
  access: boolean;
  budget: number | null;
}
interface Preview {
  invoices: { now: Invoice | null; next: Invoice | null; renewal: Invoice | null };
  prorationDate: string | null;
  features: { featureId: string; change: string; before: Access; after: Access }[];
  effectiveAt: string | null;
  preview: string;
  expiresAt: string;
}
interface Problem {
  code: string;
}

let world: CommandWorld;
let paid: Paid;

beforeAll(async () => {
  world = await CommandWorld.open();
}, PATIENCE_MS);
afterAll(() => world.close());
beforeEach(async () => {
  paid = await world.paid();
});

async function preview(kind: string, asked: object = {}): Promise<Preview> {
  const answer = await world.call<Preview>('/v1/sync/commands/previews', { kind, subscriptionId: paid.id, ...asked });
  if (answer.status !== 200) {
    throw new Error(`${answer.status}: ${answer.text}`);
  }
  return answer.body;
}

async function refusal(path: string, body: object): Promise<[number, string]> {
  const answer = await world.call<Problem>(path, body);
  return [answer.status, answer.body.code];
}

/** Done by a command that carries a preview. */
async function change(asked: { quantity: number; proration?: string; preview?: string }): Promise<void> {
  expect(await world.ended(await world.ask(paid, 'change-quantity', asked))).toMatchObject({ state: 'APPLIED' });
}

/** Stripe itself, past Kana. */
async function inStripe<Body>(path: string, form?: Record<string, string>): Promise<Body> {
  const sent = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) };
  const answer = await fetch(`${world.sandbox.url}/v1/${path}`, { headers: { authorization: `Bearer sk_test_${'p7'.repeat(12)}` }, ...sent });
  return (await answer.json()) as Body;
}
async function latestInvoice(): Promise<Stripe.Invoice> {
  const { latest_invoice: latest } = await inStripe<{ latest_invoice: string }>(`subscriptions/${paid.stripeId}`);
  return inStripe<Stripe.Invoice>(`invoices/${latest}`);
}
const digest = async (): Promise<string> => JSON.stringify(await Promise.all(TABLES.map((table) => world.sql(`select md5(coalesce(string_agg(t::text, '' order by t::text), '')) as digest from ${table} t`))));

describe('the preview of a change through Stripe', () => {
  it('costs what the change then costs, to the second, wherever it is settled', async () => {
    const shown = await preview('CHANGE_QUANTITY', { quantity: 4 });
    world.sandbox.clock.advance(HOURS_LATER_MS);
    await change({ quantity: 4, preview: shown.preview });
    const { total, lines } = await inStripe<Stripe.Invoice>('invoices/create_preview', { subscription: paid.stripeId });
    expect([shown.invoices.now, shown.invoices.next?.total, shown.invoices.next?.lines.map(({ amount }) => amount)]).toEqual([null, total, lines.data.map(({ amount }) => amount)]);
    expect(shown.invoices.renewal?.lines).toMatchObject([{ quantity: 4, isProration: false }]);
    expect(world.truth(paid.stripeId).items[0]?.quantity).toBe(4);
  });

  it('costs what is charged at once, where that is asked for', async () => {
    const shown = await preview('CHANGE_QUANTITY', { quantity: 3, proration: 'INVOICE_NOW' });
    await change({ quantity: 3, proration: 'INVOICE_NOW', preview: shown.preview });
    const invoice = await latestInvoice();
    expect(shown.invoices.now).toMatchObject({ currency: invoice.currency, total: invoice.total, amountDue: invoice.amount_due });
    expect(shown.invoices.now?.lines.every(({ isProration }) => isProration)).toBe(true);
    expect(shown.invoices.next).toEqual(shown.invoices.renewal);
  });

  it('tells which features change, and writes nothing anywhere', async () => {
    await world.sandbox.deliveries.idle();
    await eventually('webhooks to be settled', async () => ((await world.sql(`select 1 from sync_event where settled_at is null`)).length === 0 ? true : undefined));
    const before = [await digest(), world.truth(paid.stripeId)];
    const shown = await preview('CHANGE_QUANTITY', { quantity: 3 });
    expect(shown.features).toEqual([
      { featureId: 'projects', change: 'CHANGED', before: { access: true, budget: 20, overageEnabled: false }, after: { access: true, budget: 60, overageEnabled: false } },
    ]);
    expect([await digest(), world.truth(paid.stripeId)]).toEqual(before);
  });

  it('tells what is lost by an end, when, and that nothing is charged', async () => {
    const now = await preview('CANCEL');
    const features = now.features.map(({ featureId, change: word }) => [featureId, word]);
    expect(features).toEqual([['api/calls', 'LOST'], ['projects', 'LOST'], ['seats', 'LOST'], ['storage', 'LOST']]);
    expect(now).toMatchObject({ invoices: { now: null, next: null, renewal: null }, prorationDate: null });
    const later = await preview('CANCEL', { atPeriodEnd: true });
    expect(later).toMatchObject({ features: now.features, invoices: { now: null, next: null, renewal: null } });
    expect(Date.parse(later.effectiveAt ?? '')).toBe((world.truth(paid.stripeId).items[0]?.current_period_end ?? 0) * 1000);
  });

  it('tells of a cancellation taken back that it goes on, and is paid again', async () => {
    await world.ended(await world.ask(paid, 'cancel', { atPeriodEnd: true }));
    const shown = await preview('RESUME');
    expect([shown.features, (shown.invoices.next?.amountDue ?? 0) > 0]).toEqual([[], true]);
  });
});

describe('the preview of another package', () => {
  const budgets = async (): Promise<Record<string, number | null>> => {
    const [{ name } = { name: '' }] = await world.sql<{ name: string }>(`select n.name from user_name n join package_subscription p on p.user_key = n.user_key where p.id = $1 and n.kind = 'ID'`, [paid.id]);
    const { body } = await world.api.get<{ data: { featureId: string; access: boolean; consumption: { budget: number | null } | null }[] }>(`/v1/users/${encodeURIComponent(name)}/entitlements`);
    return Object.fromEntries(body.data.filter(({ access }) => access).map(({ featureId, consumption }) => [featureId, consumption?.budget ?? null]));
  };
  /** What the user would have, by what they have and what is said to change. */
  const foretold = (before: Record<string, number | null>, { features }: Preview): Record<string, number | null> => {
    const after = new Map(Object.entries(before));
    features.forEach(({ featureId, after: { access, budget } }) => (access ? after.set(featureId, budget) : after.delete(featureId)));
    return Object.fromEntries(after);
  };

  it.each([
    ['CHANGE_PACKAGE', 'change-package', { packageId: 'business', priceId: 'price_BusinessMonthUsd', proration: 'INVOICE_NOW' }, 'audit-log'],
    ['ADD_ADDON', 'add-addon', { packageId: 'extra-seats', quantity: 3, proration: 'CREATE' }, 'seats'],
  ])('tells of %s what the user then has, and costs what it then costs', async (kind, action, asked, featureId) => {
    const before = await budgets();
    const shown = await preview(kind, asked);
    expect(shown.features.map((feature) => feature.featureId)).toContain(featureId);
    world.sandbox.clock.advance(HOURS_LATER_MS);
    const answer = await world.call(`/v1/subscriptions/${paid.id}/${action}`, { ...asked, preview: shown.preview });
    expect(await world.ended(answer.body.id)).toMatchObject({ state: 'APPLIED' });
    expect(await budgets()).toEqual(foretold(before, shown));
    const { total } = await inStripe<Stripe.Invoice>('invoices/create_preview', { subscription: paid.stripeId });
    expect(total).toBe(shown.invoices.next?.total);
  });

  it('tells of an add-on that is removed what goes with it', async () => {
    paid = await world.paid(['price_SeatsMonthUsd', 'price_TeamMonthUsd']);
    expect((await preview('REMOVE_ADDON', { proration: 'NONE' })).features).toMatchObject([{ featureId: 'seats', change: 'CHANGED', before: { budget: 6 }, after: { budget: 5 } }]);
  });

  it('tells of a paused collection that access stays, where the connection says so', async () => {
    expect((await preview('PAUSE', { behavior: 'VOID' })).features).toEqual([]);
    await world.api.patch(`/v1/stripe/connections/${world.connectionId}`, { settings: { pausedCollectionGivesAccess: false } });
    const lost = (await preview('PAUSE', { behavior: 'VOID' })).features.map(({ change: word }) => word);
    await world.api.patch(`/v1/stripe/connections/${world.connectionId}`, { settings: { pausedCollectionGivesAccess: true } });
    expect(new Set(lost)).toEqual(new Set(['LOST']));
  });

  it('is refused as the command would be', async () => {
    expect(await refusal('/v1/sync/commands/previews', { kind: 'CHANGE_PACKAGE', subscriptionId: paid.id, packageId: 'nobody-has-this' })).toEqual([404, 'package_not_found']);
  });
});

describe('an invoice of Stripe that cannot be read', () => {
  it('is a problem that says what is wrong with it, and no error of Kana', async () => {
    const { id: price } = world.sandbox.mutate.createPrice({ product_data: { name: 'Dear' }, currency: 'usd', unit_amount: 99_999_999, recurring: { interval: 'month' } });
    await eventually('the price to be in Kana', async () => (await world.sql('select 1 from stripe_price where id = $1', [price]))[0]);
    await mapPrices(world.api, { [price]: 'team' });
    paid = await world.paid([price]);
    // More cents than there are whole numbers.
    const answer = await world.call<Problem & { detail: string }>('/v1/sync/commands/previews', { kind: 'CHANGE_QUANTITY', subscriptionId: paid.id, quantity: 1_000_000_000 });
    expect(answer).toMatchObject({ status: 503, body: { code: 'stripe_object_unreadable', detail: expect.stringContaining('invoice.total is no whole number') as unknown } });
  });
});

describe('a command with a preview', () => {
  const path = (): string => `/v1/subscriptions/${paid.id}/change-quantity`;

  it('is refused where it is of something else', async () => {
    const { preview: word } = await preview('CHANGE_QUANTITY', { quantity: 4 });
    expect(await refusal(path(), { quantity: 5, preview: word })).toEqual([422, 'preview_differs']);
    expect(await refusal(path(), { quantity: 4, proration: 'NONE', preview: word })).toEqual([422, 'preview_differs']);
    expect(await refusal(path(), { quantity: 4, preview: `${word.slice(0, 40)}${word[40] === 'A' ? 'B' : 'A'}${word.slice(41)}` })).toEqual([422, 'preview_invalid']);
    expect(world.truth(paid.stripeId).items[0]?.quantity).toBe(1);
  });

  it('is refused where the subscription has changed meanwhile', async () => {
    const { preview: word } = await preview('CHANGE_QUANTITY', { quantity: 4 });
    await change({ quantity: 2 });
    expect(await refusal(path(), { quantity: 4, preview: word })).toEqual([412, 'preview_outdated']);
  });

  it('is refused where the preview is older than ten minutes', async () => {
    const seals = world.api.app.get(PreviewSeal, { strict: false });
    const asked = { kind: 'CHANGE_QUANTITY', subscriptionId: paid.id, quantity: 4, proration: 'CREATE' } as const;
    const old = seals.seal({ asked, ground: { id: paid.stripeId }, at: new Date(Date.now() - 601_000).toISOString() }, null);
    expect(await refusal(path(), { quantity: 4, preview: old })).toEqual([412, 'preview_expired']);
  });

  it('that is tried again leaves the previewed second behind, and costs what it costs then', async () => {
    world.sandbox.mutate.updateSubscription(paid.stripeId, { default_payment_method: 'pm_card_chargeDeclined' });
    const asked = { quantity: 6, proration: 'INVOICE_NOW' };
    const shown = await preview('CHANGE_QUANTITY', asked);
    const declined = await world.ended(await world.ask(paid, 'change-quantity', { ...asked, preview: shown.preview }));
    expect(declined).toMatchObject({ state: 'FAILED', asked: { prorationDate: shown.prorationDate } });
    world.sandbox.mutate.updateSubscription(paid.stripeId, { default_payment_method: 'pm_card_visa' });
    world.sandbox.clock.advance(HOURS_LATER_MS);
    const then = await preview('CHANGE_QUANTITY', asked);
    const again = await world.ended((await world.call(`/v1/sync/commands/${declined.id}/retry`)).body.id);
    const [sent] = await world.sql<{ request: { change: { items: object } } }>('select request from sync_command where id = $1', [again.id]);
    expect([again.state, 'prorationDate' in again.asked, 'prorationDate' in (sent?.request.change.items ?? {})]).toEqual(['APPLIED', false, false]);
    const { total } = await latestInvoice();
    // Stripe's clock goes on from one to the other.
    expect([Math.abs(total - (then.invoices.now?.total ?? 0)) <= 1, total < (shown.invoices.now?.total ?? 0) - 1]).toEqual([true, true]);
  });

  it('is not there for what is given in Kana alone', async () => {
    const id = `free-${randomUUID()}`;
    await world.call('/v1/users', { id });
    const { body } = await world.call<{ data: { id: string }[] }>('/v1/subscriptions', { userId: id, packageIds: ['team'], billing: 'KANA' });
    expect(await refusal('/v1/sync/commands/previews', { kind: 'CANCEL', subscriptionId: body.data[0]?.id })).toEqual([409, 'subscription_not_paid']);
    expect(await refusal('/v1/sync/commands/previews', { kind: 'CANCEL', subscriptionId: 'psub_none' })).toEqual([404, 'subscription_not_found']);
  });
});

describe('a preview where connections to the database are short', () => {
  it('needs one at a time', async () => {
    const packageId = `scarce-${randomUUID()}`;
    await world.call('/v1/packages', { id: packageId, name: 'Scarce', features: [{ featureId: 'sso' }] });
    await world.call(`/v1/packages/${packageId}/publish`);
    await world.call(`/v1/packages/${packageId}/prices`, { amount: 100, currency: 'usd', interval: 'MONTH' }, { prefer: 'wait=20' });
    const em = world.api.app.get(EntityManager);
    const given = Promise.withResolvers<void>();
    const taken = Array.from({ length: MAXIMUM_CONNECTIONS - 1 }, () => Promise.withResolvers<void>());
    const held = taken.map(({ resolve }) =>
      em.fork().transactional(async (transaction) => {
        await sqlRows(transaction, 'select 1');
        resolve();
        await given.promise;
      }),
    );
    await Promise.all(taken.map(({ promise }) => promise));
    const { features } = await preview('CHANGE_PACKAGE', { packageId }).finally(given.resolve);
    await Promise.all(held);
    expect(features).toContainEqual(expect.objectContaining({ featureId: 'sso', change: 'GAINED' }));
  });
});
