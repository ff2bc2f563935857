import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { idIn, refusal, startUnderTest } from './sandbox-under-test.js';

/* What a change costs, asked before it is made, and what it then did cost. */
let sandbox: Sandbox;
let stripe: Stripe;

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
afterAll(async () => sandbox.close());

const DAY = 86_400;

interface Stage {
  id: string;
  item: string;
  start: number;
  end: number;
  oldPrice: string;
  newPrice: string;
}

/** A subscription to 30.00 a month, and a price of 90.00; both are told exactly. */
async function stage(quantity = 1): Promise<Stage> {
  const product = (await stripe.products.create({ name: 'Team' })).id;
  const [oldPrice, newPrice] = await Promise.all(
    [3_000, 9_000].map((unit_amount) => stripe.prices.create({ product, currency: 'usd', unit_amount, recurring: { interval: 'month' } })),
  );
  const customer = (await stripe.customers.create({ email: 'ann@example.com' })).id;
  const { id, items } = await stripe.subscriptions.create({ customer, items: [{ price: oldPrice?.id ?? '', quantity }] });
  const [item] = items.data;
  if (!item || !oldPrice || !newPrice) throw new Error('no item');
  return { id, item: item.id, start: item.current_period_start, end: item.current_period_end, oldPrice: oldPrice.id, newPrice: newPrice.id };
}

function amounts(invoice: Stripe.Invoice): [boolean | undefined, number, string | undefined][] {
  return invoice.lines.data.map((line) => [line.parent?.subscription_item_details?.proration, line.amount, idOfPrice(line)]);
}

function idOfPrice(line: Stripe.InvoiceLineItem): string | undefined {
  const price = line.pricing?.price_details?.price;
  return price === undefined ? undefined : idIn(price);
}

describe('a preview', () => {
  it('pays unused time back and charges the remaining time, by the second, then the next period', async () => {
    const { id, item, start, end, oldPrice, newPrice } = await stage();
    const at = start + 10 * DAY;
    const share = (end - at) / (end - start);
    const invoice = await stripe.invoices.createPreview({
      subscription: id,
      subscription_details: { items: [{ id: item, price: newPrice }], proration_date: at },
    });
    expect(amounts(invoice)).toEqual([
      [true, -Math.round(3_000 * share), oldPrice],
      [true, Math.round(9_000 * share), newPrice],
      [false, 9_000, newPrice],
    ]);
    expect(invoice.lines.data.map(({ period }) => period)).toEqual([
      { start: at, end },
      { start: at, end },
      { start: end, end: expect.any(Number) },
    ]);
    expect(invoice).toMatchObject({ object: 'invoice', status: 'draft', parent: { subscription_details: { subscription: id, subscription_proration_date: at } } });
    expect(invoice.total).toBe(invoice.lines.data.reduce((sum, { amount }) => sum + amount, 0));
    expect(invoice.lines.data.map(({ description }) => description?.split(' after')[0])).toEqual(['Unused time on 1 × Team', 'Remaining time on 1 × Team', '1 × Team']);
  });

  it('changes nothing and counts as no mutation', async () => {
    const { id, item, newPrice } = await stage();
    const before = [await stripe.subscriptions.retrieve(id), sandbox.events.records().length] as const;
    await stripe.invoices.createPreview({ subscription: id, subscription_details: { items: [{ id: item, price: newPrice }] } }, { idempotencyKey: 'preview' });
    expect([await stripe.subscriptions.retrieve(id), sandbox.events.records().length]).toEqual(before);
    expect(sandbox.idempotency()['preview']?.mutations).toBe(0);
  });

  it('without prorations shows the next period alone', async () => {
    const { id, item, newPrice } = await stage();
    const invoice = await stripe.invoices.createPreview({
      subscription: id,
      subscription_details: { items: [{ id: item, price: newPrice, quantity: 2 }], proration_behavior: 'none' },
    });
    expect(amounts(invoice)).toEqual([[false, 18_000, newPrice]]);
  });

  it('of another interval charges the new period whole, at once', async () => {
    const { id, item, start, end, oldPrice } = await stage();
    const product = (await stripe.products.create({ name: 'Team, yearly' })).id;
    const yearly = (await stripe.prices.create({ product, currency: 'usd', unit_amount: 30_000, recurring: { interval: 'year' } })).id;
    const at = start + 10 * DAY;
    const details = { items: [{ id: item, price: yearly }], proration_date: at };
    const invoice = await stripe.invoices.createPreview({ subscription: id, subscription_details: details });
    expect(amounts(invoice)).toEqual([[true, -Math.round((3_000 * (end - at)) / (end - start)), oldPrice], [false, 30_000, yearly]]);
  });

  it('of a new subscription shows its first invoice', async () => {
    const customer = (await stripe.customers.create({})).id;
    const { newPrice } = await stage();
    const invoice = await stripe.invoices.createPreview({ customer, subscription_details: { items: [{ price: newPrice, quantity: 3 }] } });
    expect(amounts(invoice)).toEqual([[false, 27_000, newPrice]]);
    expect(invoice.total).toBe(27_000);
  });

  it('is refused where nothing is coming, and for a date outside of the period', async () => {
    const { id, end } = await stage();
    const outside = stripe.invoices.createPreview({ subscription: id, subscription_details: { proration_date: end + DAY } });
    expect(await refusal(outside)).toMatchObject({ statusCode: 400, param: 'proration_date' });
    await stripe.subscriptions.cancel(id);
    expect(await refusal(stripe.invoices.createPreview({ subscription: id }))).toMatchObject({ statusCode: 404, code: 'invoice_upcoming_none' });
  });
});

describe('a change', () => {
  it.each([1, 7])('that is charged at once costs what its preview said (quantity %i)', async (quantity) => {
    const { id, item, start, newPrice } = await stage(quantity);
    const change = { items: [{ id: item, price: newPrice }], proration_date: start + 777_777, proration_behavior: 'always_invoice' as const };
    const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: change });
    const since = sandbox.events.records().length;
    const { latest_invoice } = await stripe.subscriptions.update(id, change);
    const invoice = await stripe.invoices.retrieve(idIn(latest_invoice));
    expect(amounts(invoice)).toEqual(amounts(preview));
    expect(invoice).toMatchObject({ status: 'paid', total: preview.total, amount_paid: preview.amount_due, amount_remaining: 0 });
    const types = sandbox.events.records().slice(since).map(({ type }) => type);
    expect(types).toEqual(['customer.subscription.updated', 'invoice.created', 'invoice.finalized', 'invoice.paid']);
  });

  it('to something smaller leaves a credit and nothing to pay', async () => {
    const { id, item, oldPrice, newPrice } = await stage();
    await stripe.subscriptions.update(id, { items: [{ id: item, price: newPrice }], proration_behavior: 'none' });
    const { latest_invoice } = await stripe.subscriptions.update(id, { items: [{ id: item, price: oldPrice }], proration_behavior: 'always_invoice' });
    const invoice = await stripe.invoices.retrieve(idIn(latest_invoice));
    expect(invoice.total).toBeLessThan(0);
    expect(invoice).toMatchObject({ amount_due: 0, ending_balance: invoice.total });
  });

  it('that is not charged at once waits for the next renewal', async () => {
    const { id, item, start, newPrice } = await stage();
    const change = { items: [{ id: item, price: newPrice }], proration_date: start + 10 * DAY };
    const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: change });
    const { latest_invoice } = await stripe.subscriptions.update(id, change);
    expect(latest_invoice).not.toBeNull();
    expect(amounts(await stripe.invoices.createPreview({ subscription: id }))).toEqual(amounts(preview));
  });
});
