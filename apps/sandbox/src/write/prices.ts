import { isDeepStrictEqual } from 'node:util';
import type Stripe from 'stripe';
import { badRequest, missing } from '../http/faults.js';
import { buildPrice } from '../objects/price.js';
import type { PriceFacts, WirePrice } from '../objects/price.js';
import type { Act, Shown } from './act.js';
import { demand, given, mergeMetadata } from './demands.js';
import { CURRENCY_OPTIONS, INTERVAL, TAX_BEHAVIOR, TIERS, amountOf, currency, otherCurrencies } from './price-terms.js';
import { newProduct } from './products.js';
import { amount, decimal, emptyable, flag, ignored, integer, list, metadata, notServed, object, oneOf, text } from './readers.js';
import type { Read } from './readers.js';

export const PRICE_CREATION = object<Stripe.PriceCreateParams>()({
  active: flag,
  billing_scheme: ignored(oneOf('per_unit', 'tiered')),
  currency,
  currency_options: CURRENCY_OPTIONS,
  custom_unit_amount: notServed,
  expand: ignored(list(text)),
  lookup_key: text,
  metadata,
  nickname: text,
  product: text,
  product_data: object<Stripe.PriceCreateParams.ProductData>()({
    active: flag,
    id: text,
    metadata,
    name: text,
    statement_descriptor: ignored(text),
    tax_code: ignored(text),
    tax_details: notServed,
    unit_label: text,
  }),
  recurring: object<Stripe.PriceCreateParams.Recurring>()({
    interval: INTERVAL,
    interval_count: integer,
    meter: text,
    trial_period_days: notServed,
    usage_type: oneOf('licensed', 'metered'),
  }),
  tax_behavior: TAX_BEHAVIOR,
  tiers: TIERS,
  tiers_mode: oneOf('graduated', 'volume'),
  transfer_lookup_key: flag,
  transform_quantity: notServed,
  unit_amount: amount,
  unit_amount_decimal: decimal,
});

export const PRICE_UPDATE = object<Stripe.PriceUpdateParams>()({
  active: flag,
  currency_options: emptyable(CURRENCY_OPTIONS),
  expand: ignored(list(text)),
  lookup_key: emptyable(text),
  metadata,
  nickname: emptyable(text),
  tax_behavior: TAX_BEHAVIOR,
  transfer_lookup_key: flag,
});

type Creation = Read<typeof PRICE_CREATION>;

export function createPrice(act: Act, input: Creation): Shown {
  const terms: Omit<PriceFacts, 'id' | 'product' | 'created'> = {
    currency: demand(input.currency, 'currency'),
    amount: amountOf(input),
    ...given({ active: input.active, nickname: input.nickname, lookupKey: input.lookup_key, every: everyOf(input.recurring) }),
    ...given({ alsoIn: otherCurrencies(input.currency_options) }),
    metadata: mergeMetadata({}, input.metadata),
  };
  const product = productOf(act, input);
  freeLookupKey(act, input.lookup_key, input.transfer_lookup_key ?? false);
  const facts = { ...terms, id: act.newId('price_1'), product: product(), created: act.now() };
  const price: WirePrice = { ...buildPrice(facts), ...given({ tax_behavior: input.tax_behavior }) };
  const kept = price.tiers && input.tiers_mode ? { ...price, tiers_mode: input.tiers_mode } : price;
  act.store.putPrice(kept);
  act.record('price.created', { kind: 'price', price: kept });
  return (view, tree) => view.price(kept, tree);
}

export function updatePrice(act: Act, input: Read<typeof PRICE_UPDATE>, id: string): Shown {
  const before = act.store.prices.get(id);
  if (!before) throw missing('price', id, 'id');
  if (input.lookup_key !== before.lookup_key) freeLookupKey(act, input.lookup_key, input.transfer_lookup_key ?? false);
  const options = input.currency_options === undefined ? {} : { currency_options: optionsOf(before, input.currency_options) };
  const { active, nickname, lookup_key, tax_behavior } = input;
  const price: WirePrice = {
    ...before,
    ...given({ active, nickname, lookup_key, tax_behavior }),
    ...options,
    metadata: mergeMetadata(before.metadata, input.metadata),
  };
  savePrice(act, before, price);
  return (view, tree) => view.price(price, tree);
}

function savePrice(act: Act, before: WirePrice, price: WirePrice): void {
  if (isDeepStrictEqual(before, price)) return;
  act.store.putPrice(price);
  act.record('price.updated', { kind: 'price', price }, { kind: 'price', price: before });
}

function optionsOf(price: WirePrice, wanted: Read<typeof CURRENCY_OPTIONS> | null): WirePrice['currency_options'] {
  const alsoIn = wanted === null ? undefined : otherCurrencies(wanted);
  if (!alsoIn) return undefined;
  const whole = price.unit_amount ?? 0;
  const amountBefore = price.unit_amount_decimal ?? String(whole);
  const facts = { id: price.id, product: price.product, created: price.created, currency: price.currency };
  return buildPrice({ ...facts, amount: amountOf({ unit_amount_decimal: amountBefore }), alsoIn }).currency_options;
}

function everyOf(recurring: Creation['recurring']): PriceFacts['every'] {
  if (!recurring) return undefined;
  if (recurring.usage_type === 'metered') demand(recurring.meter, 'recurring[meter]');
  const { interval_count: count, meter } = recurring;
  return { interval: demand(recurring.interval, 'recurring[interval]'), ...given({ count, meter }) };
}

/** The id of the product; one that is to be made with the price is made when it is asked for. */
function productOf(act: Act, { product: id, product_data: data }: Creation): () => string {
  if (data) {
    const facts = { ...data, name: demand(data.name, 'product_data[name]') };
    return () => newProduct(act, facts).id;
  }
  const known = demand(id, 'product');
  if (!act.store.products.get(known)) throw missing('product', known, 'product');
  return () => known;
}

/** A lookup key is one price's at a time; transferring takes it from the other one. */
function freeLookupKey(act: Act, key: string | null | undefined, isTransferred: boolean): void {
  if (key === null || key === undefined) return;
  const holder = act.store.priceWithLookupKey(key);
  if (!holder) return;
  if (!isTransferred) {
    const message = `A price (\`${holder.id}\`) already uses that lookup key.`;
    throw badRequest(message, { param: 'lookup_key' });
  }
  savePrice(act, holder, { ...holder, lookup_key: null });
}
