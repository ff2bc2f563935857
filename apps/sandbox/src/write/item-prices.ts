import { badRequest, missing } from '../http/faults.js';
import { buildPrice } from '../objects/price.js';
import type { WirePrice } from '../objects/price.js';
import type { Act } from './act.js';
import { demand, exclusive, given } from './demands.js';
import { amountOf } from './price-terms.js';
import type { Read } from './readers.js';
import type { SUBSCRIPTION_UPDATE } from './subscription-forms.js';

/** An item as a parameter names it. */
export type WantedItem = NonNullable<Read<typeof SUBSCRIPTION_UPDATE>['items']>[number];

/** The price that an item is wanted with, or undefined if it names none; `currency` is the subscription's, if that is settled. */
export function wantedPrice(act: Act, wanted: WantedItem, path: string, currency: string | undefined): WirePrice | undefined {
  const id = wanted.price ?? wanted.plan;
  if (id !== undefined && wanted.price_data) throw exclusive(`${path}[price]`, `${path}[price_data]`);
  if (wanted.price_data) return inlinePrice(act, wanted.price_data, `${path}[price_data]`, currency);
  if (id === undefined) return undefined;
  const param = `${path}[price]`;
  const price = act.store.prices.get(id);
  if (!price) throw missing('price', id, param);
  demandUsable(price, param, currency);
  return price;
}

function demandUsable(price: WirePrice, param: string, currency: string | undefined): void {
  if (!price.active) throw badRequest('The price specified is inactive. This field only accepts active prices.', { param });
  if (!price.recurring) {
    const message =
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.';
    throw badRequest(message, { param });
  }
  if (currency === undefined || price.currency === currency || price.currency_options?.[currency]) return;
  const message = `The price specified only supports \`${price.currency}\`. This doesn't match the expected currency: \`${currency}\`.`;
  throw badRequest(message, { param });
}

/** Made for this subscription alone: inactive from the start, and in no list. */
function inlinePrice(
  act: Act,
  data: NonNullable<WantedItem['price_data']>,
  path: string,
  currency: string | undefined,
): WirePrice {
  const product = demand(data.product, `${path}[product]`);
  if (!act.store.products.get(product)) throw missing('product', product, `${path}[product]`);
  const code = demand(data.currency, `${path}[currency]`);
  if (currency !== undefined && code !== currency) {
    throw badRequest(`The price specified only supports \`${code}\`. This doesn't match the expected currency: \`${currency}\`.`, { param: path });
  }
  const recurring = demand(data.recurring, `${path}[recurring]`);
  const interval = demand(recurring.interval, `${path}[recurring][interval]`);
  const price: WirePrice = {
    ...buildPrice({
      id: act.newId('price_1'),
      product,
      currency: code,
      amount: amountOf(data, `${path}.`),
      every: { interval, ...given({ count: recurring.interval_count }) },
      created: act.now(),
      active: false,
    }),
    ...given({ tax_behavior: data.tax_behavior }),
  };
  return act.planPrice(price);
}
