import type { WirePrice } from '../objects/price.js';
import type { Collection } from '../store/collection.js';
import type { Listed } from '../store/ordered.js';
import { activity } from '../store/store.js';
import { answerList, paging } from './endpoint.js';
import type { Asked, Endpoint } from './endpoint.js';
import { badRequest, missing } from './faults.js';
import { LIST_PARAMETERS } from './parameters.js';

const RECURRING_PARTS = new Set(['interval', 'meter', 'usage_type']);
const MOST_LOOKUP_KEYS = 10;

/** An object that a list parameter names must exist. */
export function demandKnown<T extends Listed>(collection: Collection<T>, noun: string, id: string | undefined): void {
  if (id !== undefined && !collection.get(id)) throw missing(noun, id, noun);
}

/** All products, active or not, unless `active` is asked for. */
function listProducts({ store, view, parameters, tree }: Asked): object {
  const active = parameters.flag('active');
  const ids = parameters.texts('ids');
  const scope = active === undefined ? 'all' : activity(active);
  return answerList(
    store.products,
    { ...paging(parameters), scope, keep: (product) => ids.length === 0 || ids.includes(product.id) },
    { url: '/v1/products', noun: 'product', render: (product) => view.product(product, tree.get('data')) },
  );
}

/** The *active* prices, or with `active=false` the inactive ones; inline prices are in neither. */
function listPrices({ store, view, parameters, tree }: Asked): object {
  const product = parameters.text('product');
  demandKnown(store.products, 'product', product);
  return answerList(
    store.prices,
    {
      ...paging(parameters),
      scope: activity(parameters.flag('active') ?? true),
      filters: product === undefined ? [] : [`product:${product}`],
      keep: priceFilter(parameters),
    },
    { url: '/v1/prices', noun: 'price', render: (price) => view.price(price, tree.get('data')) },
  );
}

function priceFilter(parameters: Asked['parameters']): (price: WirePrice) => boolean {
  const type = parameters.oneOf('type', ['one_time', 'recurring']);
  const currency = parameters.text('currency');
  const lookupKeys = parameters.texts('lookup_keys');
  if (lookupKeys.length > MOST_LOOKUP_KEYS) {
    throw badRequest(`Array must have at most ${MOST_LOOKUP_KEYS} elements.`, { param: 'lookup_keys' });
  }
  const recurring = parameters.parts('recurring', RECURRING_PARTS);
  return (price) =>
    (type === undefined || price.type === type) &&
    (currency === undefined || price.currency === currency) &&
    (lookupKeys.length === 0 || lookupKeys.includes(price.lookup_key ?? '')) &&
    recursAs(price, recurring);
}

function recursAs(price: WirePrice, recurring: Map<string, string>): boolean {
  const wants = (part: string, value: string | null | undefined): boolean =>
    !recurring.has(part) || recurring.get(part) === value;
  return (
    wants('interval', price.recurring?.interval) &&
    wants('meter', price.recurring?.meter) &&
    wants('usage_type', price.recurring?.usage_type)
  );
}

export const CATALOG_ENDPOINTS: Endpoint[] = [
  {
    pattern: '/v1/products',
    right: 'products',
    answers: 'product list',
    parameters: [...LIST_PARAMETERS, 'active', 'ids'],
    notServed: ['shippable', 'type', 'url'],
    answer: listProducts,
  },
  {
    pattern: '/v1/products/:id',
    right: 'products',
    answers: 'product',
    parameters: ['expand'],
    answer: ({ world, store, view, id, tree }) => {
      const seen = world.past.look('product', id);
      const product = seen === 'now' ? store.products.get(id) : seen?.product;
      if (!product) throw missing('product', id, 'id');
      return view.product(product, tree);
    },
  },
  {
    pattern: '/v1/prices',
    right: 'prices',
    answers: 'price list',
    parameters: [...LIST_PARAMETERS, 'active', 'currency', 'lookup_keys', 'product', 'recurring', 'type'],
    answer: listPrices,
  },
  {
    pattern: '/v1/prices/:id',
    right: 'prices',
    answers: 'price',
    parameters: ['expand'],
    answer: ({ world, store, view, id, tree }) => {
      const seen = world.past.look('price', id);
      const price = seen === 'now' ? store.prices.get(id) : seen?.price;
      if (!price) throw missing('price', id, 'id');
      return view.price(price, tree);
    },
  },
];
