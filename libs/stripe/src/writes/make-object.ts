import type Stripe from 'stripe';

import { COMMAND_STAMP, MADE_STAMP } from '../client/readings.js';
import { PACKAGE_HINT } from '../snapshots/read-price.js';
import { newItemParameters, newSubscriptionParameters } from './to-parameters.js';
import type { CreatedObject, CreationRequest, NewPrice, NewSession, WriteIdentity } from './write-request.js';

const SECOND_MS = 1000;

export interface Made {
  readonly created: CreatedObject;
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes something new in Stripe, which bears the command that it was made by: so it is found again when the answer is lost. */
export async function makeObject(stripe: Stripe, request: CreationRequest, { commandId, key }: WriteIdentity): Promise<Made> {
  const options = { idempotencyKey: key };
  const stamp = { [COMMAND_STAMP]: commandId, [MADE_STAMP]: commandId };
  switch (request.call) {
    case 'CREATE_SUBSCRIPTION': {
      const { customerId: customer } = request;
      return madeOf('SUBSCRIPTION', await stripe.subscriptions.create({ customer, ...newSubscriptionParameters(request), metadata: stamp }, options));
    }
    case 'CREATE_CUSTOMER': {
      const { name, email, userId, userIdKey } = request;
      const told = { ...(name === null ? {} : { name }), ...(email === null ? {} : { email }) };
      return madeOf('CUSTOMER', await stripe.customers.create({ ...told, metadata: { ...stamp, [userIdKey]: userId } }, options));
    }
    case 'CREATE_PRICE':
      return madeOf('PRICE', await stripe.prices.create({ ...priceParameters(request), metadata: { ...stamp, [PACKAGE_HINT]: request.packageId } }, options));
    case 'CREATE_SESSION': {
      const session = await stripe.checkout.sessions.create({ ...sessionParameters(request), metadata: stamp }, options);
      return { created: describeSession(session), headers: session.lastResponse.headers };
    }
  }
}

export function describeSession({ id, url, expires_at: expiresAt }: Stripe.Checkout.Session): CreatedObject {
  return { type: 'CHECKOUT_SESSION', id, url, expiresAt: new Date(expiresAt * SECOND_MS).toISOString() };
}

function madeOf(type: 'SUBSCRIPTION' | 'CUSTOMER' | 'PRICE', { id, lastResponse }: Stripe.Response<{ id: string }>): Made {
  return { created: { type, id }, headers: lastResponse.headers };
}

function priceParameters({ packageId, product, currency, unitAmount, interval, intervalCount, nickname }: NewPrice): Stripe.PriceCreateParams {
  return {
    ...('id' in product ? { product: product.id } : { product_data: { name: product.name, metadata: { [PACKAGE_HINT]: packageId } } }),
    currency,
    unit_amount: unitAmount,
    recurring: { interval, interval_count: intervalCount },
    ...(nickname === null ? {} : { nickname }),
  };
}

function sessionParameters(session: NewSession): Stripe.Checkout.SessionCreateParams {
  const { items, currency, customerId, email, userId, trialDays, allowPromotionCodes, successUrl, cancelUrl, expiresAt } = session;
  return {
    mode: 'subscription',
    line_items: items.map(newItemParameters),
    ...(currency === null ? {} : { currency }),
    success_url: successUrl,
    ...(cancelUrl === null ? {} : { cancel_url: cancelUrl }),
    ...(customerId === null ? (email === null ? {} : { customer_email: email }) : { customer: customerId }),
    ...(userId === null ? {} : { client_reference_id: userId }),
    ...(trialDays === null ? {} : { subscription_data: { trial_period_days: trialDays } }),
    ...(allowPromotionCodes ? { allow_promotion_codes: true } : {}),
    ...(expiresAt === null ? {} : { expires_at: Math.floor(Date.parse(expiresAt) / SECOND_MS) }),
  };
}
