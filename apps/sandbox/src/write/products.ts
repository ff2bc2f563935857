import { isDeepStrictEqual } from 'node:util';
import type Stripe from 'stripe';
import { badRequest, missing } from '../http/faults.js';
import { buildPrice } from '../objects/price.js';
import { buildProduct } from '../objects/product.js';
import type { WireProduct } from '../objects/product.js';
import type { Act, Shown } from './act.js';
import { demand, given, mergeMetadata } from './demands.js';
import { INTERVAL, TAX_BEHAVIOR, amountOf, currency } from './price-terms.js';
import { amount, decimal, emptyable, flag, ignored, integer, list, metadata, notServed, object, oneOf, text } from './readers.js';
import type { Read } from './readers.js';

const FIELDS = {
  active: flag,
  expand: ignored(list(text)),
  metadata,
  name: text,
  package_dimensions: notServed,
  shippable: notServed,
  statement_descriptor: text,
};

export const PRODUCT_CREATION = object<Stripe.ProductCreateParams>()({
  ...FIELDS,
  default_price_data: object<Stripe.ProductCreateParams.DefaultPriceData>()({
    currency,
    currency_options: notServed,
    custom_unit_amount: notServed,
    metadata,
    recurring: object<Stripe.ProductCreateParams.DefaultPriceData.Recurring>()({ interval: INTERVAL, interval_count: integer }),
    tax_behavior: TAX_BEHAVIOR,
    unit_amount: amount,
    unit_amount_decimal: decimal,
  }),
  description: text,
  id: text,
  images: list(text),
  marketing_features: notServed,
  tax_code: ignored(text),
  tax_details: notServed,
  type: ignored(oneOf('good', 'service')),
  unit_label: text,
  url: text,
});

export const PRODUCT_UPDATE = object<Stripe.ProductUpdateParams>()({
  ...FIELDS,
  default_price: text,
  description: emptyable(text),
  images: emptyable(list(text)),
  marketing_features: notServed,
  tax_code: ignored(emptyable(text)),
  tax_details: notServed,
  unit_label: emptyable(text),
  url: emptyable(text),
});

export const NO_PARAMETERS = object<object>()({});

type Creation = Read<typeof PRODUCT_CREATION>;

export function createProduct(act: Act, input: Creation): Shown {
  const product = newProduct(act, { ...input, name: demand(input.name, 'name') });
  if (input.default_price_data) addDefaultPrice(act, product, input.default_price_data);
  return showProduct(product.id);
}

/** Keeps a new product and tells of it. Its id may be chosen. */
export function newProduct(act: Act, input: Omit<Creation, 'default_price_data'> & { name: string }): WireProduct {
  if (input.id !== undefined && act.store.products.get(input.id)) {
    throw badRequest('Product already exists.', { code: 'resource_already_exists', param: 'id' });
  }
  const { active, description, images, statement_descriptor, url } = input;
  const product: WireProduct = {
    ...buildProduct({
      id: input.id ?? act.newId('prod_'),
      name: input.name,
      created: act.now(),
      ...given({ active, description, unitLabel: input.unit_label }),
      metadata: mergeMetadata({}, input.metadata),
    }),
    ...given({ images, statement_descriptor, url }),
  };
  act.store.putProduct(product);
  act.record('product.created', { kind: 'product', product });
  return product;
}

export function updateProduct(act: Act, input: Read<typeof PRODUCT_UPDATE>, id: string): Shown {
  const before = knownProduct(act, id);
  const { active, default_price, description, name, statement_descriptor, unit_label, url } = input;
  if (default_price !== undefined && act.store.prices.get(default_price)?.product !== id) {
    throw missing('price', default_price, 'default_price');
  }
  saveProduct(act, before, {
    ...before,
    ...given({ active, default_price, description, name, statement_descriptor, unit_label, url }),
    ...(input.images === undefined ? {} : { images: input.images ?? [] }),
    metadata: mergeMetadata(before.metadata, input.metadata),
  });
  return showProduct(id);
}

/** Only one that no price hangs on. */
export function deleteProduct(act: Act, _input: object, id: string): Shown {
  const product = knownProduct(act, id);
  if (act.store.hasPrices(id)) {
    throw badRequest('This product cannot be deleted because it has one or more user-created prices.');
  }
  act.store.removeProduct(id);
  act.record('product.deleted', { kind: 'product', product });
  return () => ({ id, object: 'product', deleted: true });
}

function addDefaultPrice(act: Act, product: WireProduct, data: NonNullable<Creation['default_price_data']>): void {
  const prefix = 'default_price_data';
  const every = data.recurring && {
    interval: demand(data.recurring.interval, `${prefix}[recurring][interval]`),
    ...given({ count: data.recurring.interval_count }),
  };
  const facts = {
    id: act.newId('price_1'),
    product: product.id,
    created: act.now(),
    currency: demand(data.currency, `${prefix}[currency]`),
    amount: amountOf(data, prefix),
    metadata: mergeMetadata({}, data.metadata),
  };
  const price = { ...buildPrice({ ...facts, ...given({ every }) }), ...given({ tax_behavior: data.tax_behavior }) };
  act.store.putPrice(price);
  act.record('price.created', { kind: 'price', price });
  saveProduct(act, product, { ...product, default_price: price.id });
}

function saveProduct(act: Act, before: WireProduct, changed: WireProduct): void {
  if (isDeepStrictEqual(before, changed)) return;
  const product = { ...changed, updated: act.now() };
  act.store.putProduct(product);
  act.record('product.updated', { kind: 'product', product }, { kind: 'product', product: before });
}

function knownProduct(act: Act, id: string): WireProduct {
  const product = act.store.products.get(id);
  if (!product) throw missing('product', id, 'id');
  return product;
}

function showProduct(id: string): Shown {
  return (view, tree) => view.productById(id, tree);
}
