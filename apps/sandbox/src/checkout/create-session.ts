import { badRequest, missing } from '../http/faults.js';
import { DAY } from '../account/periods.js';
import { buildSession } from '../objects/checkout-session.js';
import type { WireCustomer } from '../objects/customer.js';
import type { WirePrice } from '../objects/price.js';
import type { Act, Shown } from '../write/act.js';
import { demand, exclusive, mergeMetadata } from '../write/demands.js';
import type { Read } from '../write/readers.js';
import type { SESSION_CREATION } from './session-forms.js';
import type { SoldLine, StoredSession, SubscriptionData } from './sessions.js';
import { costOf, hasTrial, showSession } from './show-session.js';

type Creation = Read<typeof SESSION_CREATION>;
type Wanted = NonNullable<Creation['line_items']>[number];

const SHORTEST_LIFE = 30 * 60;
const LONGEST_LIFE = DAY;
const SHORTEST_TRIAL = 2 * DAY;
const MOST_LINES = 20;

export function createSession(act: Act, input: Creation): Shown {
  demandServed(input);
  const customer = customerOf(act, input);
  const { lines, currency, amount } = linesOf(act, input);
  const subscriptionData = trialChecked(input.subscription_data ?? {}, act.now());
  const id = act.newId('cs_test_a1');
  const created = act.now();
  const stored: StoredSession = {
    id,
    created,
    lines,
    subscriptionData,
    renamesCustomer: input.customer_update?.name === 'auto',
    session: buildSession({
      id,
      created,
      expiresAt: expiryOf(input, created),
      url: act.world.checkouts.pageOf(id),
      amount: hasTrial(subscriptionData) ? 0 : amount,
      currency,
      customer,
      email: input.customer_email ?? null,
      clientReferenceId: input.client_reference_id ?? null,
      metadata: mergeMetadata({}, input.metadata),
      cancelUrl: input.cancel_url ?? null,
      successUrl: demand(input.success_url, 'success_url'),
      paymentMethodCollection: input.payment_method_collection ?? 'always',
    }),
  };
  act.world.checkouts.add(stored);
  return showSession(act.world, id);
}

/** Stripe has more kinds of sessions than the sandbox. */
function demandServed(input: Creation): void {
  const mode = demand(input.mode, 'mode');
  if (mode !== 'subscription') throw badRequest(`The sandbox does not serve Checkout sessions of mode \`${mode}\`.`, { param: 'mode' });
  const ui = input.ui_mode ?? 'hosted_page';
  if (ui !== 'hosted_page') throw badRequest(`The sandbox does not serve the ui_mode \`${ui}\`.`, { param: 'ui_mode' });
  if (input.customer_creation !== undefined) throw badRequest('`customer_creation` can only be used in `payment` mode.');
}

function customerOf(act: Act, { customer, customer_email: email, customer_update: update }: Creation): WireCustomer | undefined {
  if (customer !== undefined && email !== undefined) throw exclusive('customer', 'customer_email');
  if (customer !== undefined) return act.customer(customer, 'customer');
  if (update) throw badRequest('`customer_update` can only be used with `customer`.', { param: 'customer_update' });
  return undefined;
}

function expiryOf({ expires_at: wanted }: Creation, created: number): number {
  const at = wanted ?? created + LONGEST_LIFE;
  if (at < created + SHORTEST_LIFE) {
    throw badRequest('The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.', { param: 'expires_at' });
  }
  if (at <= created + LONGEST_LIFE) return at;
  throw badRequest('The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.', { param: 'expires_at' });
}

function trialChecked(given: NonNullable<Creation['subscription_data']>, now: number): SubscriptionData {
  const { trial_end: end, trial_period_days: days } = given;
  const name = 'subscription_data';
  if (end !== undefined && days !== undefined) throw exclusive(`${name}[trial_end]`, `${name}[trial_period_days]`);
  if (days !== undefined && days < 1) {
    throw badRequest('The minimum number of trial period days is 1.', { param: `${name}[trial_period_days]` });
  }
  if (end !== undefined && end < now + SHORTEST_TRIAL) {
    throw badRequest('The `trial_end` date has to be at least 2 days in the future.', { param: `${name}[trial_end]` });
  }
  return given;
}

function linesOf(act: Act, input: Creation): { lines: SoldLine[]; currency: string; amount: number } {
  const wanted = demand(input.line_items, 'line_items');
  const prices = wanted.map((one, index) => priceOf(act, one, `line_items[${index}]`));
  const recurring = prices.filter((price) => price.recurring);
  if (recurring.length === 0) {
    throw badRequest('You must provide at least one recurring price in `subscription` mode when using prices.');
  }
  if (recurring.length < prices.length) throw badRequest('The sandbox does not serve one-time prices in a Checkout session.', { param: 'line_items' });
  if (prices.length > MOST_LINES) throw badRequest(`A Checkout session has ${MOST_LINES} recurring line items at most.`, { param: 'line_items' });
  const currency = input.currency ?? prices[0]?.currency ?? 'usd';
  const quantities = wanted.map((one, index) => quantityOf(one, prices[index], index));
  const costs = prices.map((price, index) => costOf(inCurrency(price, currency, index), quantities[index], currency));
  const lines = prices.map((price, index) => ({ id: act.newId('li_1'), price: price.id, quantity: quantities[index] }));
  return { lines, currency, amount: costs.reduce((sum, cost) => sum + cost, 0) };
}

function priceOf(act: Act, { price: id }: Wanted, path: string): WirePrice {
  const param = `${path}[price]`;
  const price = act.store.prices.get(demand(id, param));
  if (!price) throw missing('price', id ?? '', param);
  if (price.active) return price;
  throw badRequest('The price specified is inactive. This field only accepts active prices.', { param });
}

function inCurrency(price: WirePrice, currency: string, index: number): WirePrice {
  if (price.currency === currency || price.currency_options?.[currency]) return price;
  const message = `The price specified only supports \`${price.currency}\`. This doesn't match the expected currency: \`${currency}\`.`;
  throw badRequest(message, { param: `line_items[${index}][price]` });
}

function quantityOf({ quantity }: Wanted, price: WirePrice | undefined, index: number): number | undefined {
  if (price?.recurring?.usage_type === 'metered') return undefined;
  if (quantity === undefined) throw badRequest(`Quantity is required. Add \`quantity\` to \`line_items[${index}]\``);
  if (quantity >= 1) return quantity;
  throw badRequest('This value must be greater than or equal to 1.', { code: 'parameter_invalid_integer', param: `line_items[${index}][quantity]` });
}
