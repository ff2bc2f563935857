import type Stripe from 'stripe';
import type { WireTestClock } from '../clock/test-clocks.js';
import { BY_ITSELF } from '../events/event-record.js';
import type { Cause } from '../events/event-record.js';
import { missing } from '../http/faults.js';
import type { WireSession } from '../objects/checkout-session.js';
import type { WireCustomer, WireDeletedCustomer } from '../objects/customer.js';
import type { WirePrice } from '../objects/price.js';
import type { WireProduct } from '../objects/product.js';
import type { WireSubscriptionItem } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { Wire } from '../objects/wire.js';
import { Act } from '../write/act.js';
import type { World } from '../write/act.js';
import { CHANGING_ENDPOINTS } from '../write/changing-endpoints.js';
import type { ChangingEndpoint } from '../write/changing-endpoints.js';
import { toForm } from '../write/form.js';
import { beginAdvance, finishAdvance } from '../write/test-clocks.js';

/** A subscription as Stripe answers it: up to ten of its items with it. */
export type WireSubscription = StoredSubscription & { items: Stripe.ApiList<WireSubscriptionItem> };
type WireWebhook = Wire<Stripe.WebhookEndpoint>;
interface Deleted {
  id: string;
  object: string;
  deleted: true;
}

/** Whose change it is: what the event's `request` will say. Nobody's by default, as in the Dashboard. */
export type Origin = Partial<Cause>;

/**
 * Stripe's changes without HTTP, for tests in the same process: the SDK's parameters, checked as over HTTP, and the
 * same events. Refusals are thrown as `ApiFault`.
 */
export class Mutations {
  constructor(private readonly world: World) {}

  createCustomer(params: Stripe.CustomerCreateParams, origin?: Origin): WireCustomer {
    return this.run('createCustomer', '', params, origin);
  }

  updateCustomer(id: string, params: Stripe.CustomerUpdateParams, origin?: Origin): WireCustomer {
    return this.run('updateCustomer', id, params, origin);
  }

  /** Its subscriptions are canceled with it. */
  deleteCustomer(id: string, origin?: Origin): WireDeletedCustomer {
    return this.run('deleteCustomer', id, {}, origin);
  }

  createProduct(params: Stripe.ProductCreateParams, origin?: Origin): WireProduct {
    return this.run('createProduct', '', params, origin);
  }

  updateProduct(id: string, params: Stripe.ProductUpdateParams, origin?: Origin): WireProduct {
    return this.run('updateProduct', id, params, origin);
  }

  deleteProduct(id: string, origin?: Origin): Deleted {
    return this.run('deleteProduct', id, {}, origin);
  }

  createPrice(params: Stripe.PriceCreateParams, origin?: Origin): WirePrice {
    return this.run('createPrice', '', params, origin);
  }

  updatePrice(id: string, params: Stripe.PriceUpdateParams, origin?: Origin): WirePrice {
    return this.run('updatePrice', id, params, origin);
  }

  createSubscription(params: Stripe.SubscriptionCreateParams, origin?: Origin): WireSubscription {
    return this.run('createSubscription', '', params, origin);
  }

  updateSubscription(id: string, params: Stripe.SubscriptionUpdateParams, origin?: Origin): WireSubscription {
    return this.run('updateSubscription', id, params, origin);
  }

  cancelSubscription(id: string, params: Stripe.SubscriptionCancelParams = {}, origin?: Origin): WireSubscription {
    return this.run('cancelSubscription', id, params, origin);
  }

  pauseSubscription(id: string, params: Stripe.SubscriptionPauseParams = {}, origin?: Origin): WireSubscription {
    return this.run('pauseSubscription', id, params, origin);
  }

  resumeSubscription(id: string, params: Stripe.SubscriptionResumeParams = {}, origin?: Origin): WireSubscription {
    return this.run('resumeSubscription', id, params, origin);
  }

  createItem(params: Stripe.SubscriptionItemCreateParams, origin?: Origin): WireSubscriptionItem {
    return this.run('createItem', '', params, origin);
  }

  updateItem(id: string, params: Stripe.SubscriptionItemUpdateParams, origin?: Origin): WireSubscriptionItem {
    return this.run('updateItem', id, params, origin);
  }

  deleteItem(id: string, params: Stripe.SubscriptionItemDeleteParams = {}, origin?: Origin): Deleted {
    return this.run('deleteItem', id, params, origin);
  }

  /** Completed by `sandbox.checkouts`. */
  createSession(params: Stripe.Checkout.SessionCreateParams, origin?: Origin): WireSession {
    return this.run('createSession', '', params, origin);
  }

  expireSession(id: string, origin?: Origin): WireSession {
    return this.run('expireSession', id, {}, origin);
  }

  /** The answer has the endpoint's `secret`. */
  createWebhook(params: Stripe.WebhookEndpointCreateParams): WireWebhook {
    return this.run('createWebhook', '', params);
  }

  updateWebhook(id: string, params: Stripe.WebhookEndpointUpdateParams): WireWebhook {
    return this.run('updateWebhook', id, params);
  }

  deleteWebhook(id: string): Deleted {
    return this.run('deleteWebhook', id, {});
  }

  createTestClock(params: Stripe.TestHelpers.TestClockCreateParams): WireTestClock {
    return this.run('createTestClock', '', params);
  }

  /** All at once; over HTTP the clock is `advancing` for a moment. */
  advanceTestClock(id: string, frozenTime: number): WireTestClock {
    const act = new Act(this.world, BY_ITSELF);
    beginAdvance(act, id, frozenTime);
    finishAdvance(act, id);
    const clock = this.world.testClocks.show(id);
    if (!clock) throw missing('test clock', id, 'id');
    return clock;
  }

  deleteTestClock(id: string): Deleted {
    return this.run('deleteTestClock', id, {});
  }

  private run<T>(name: keyof typeof CHANGING_ENDPOINTS, id: string, params: object, origin: Origin = {}): T {
    const endpoint: ChangingEndpoint = CHANGING_ENDPOINTS[name];
    const change = endpoint.prepare(toForm(params));
    const act = new Act(this.world, { requestId: null, idempotencyKey: null, ...origin });
    const object: unknown = change(act, id)(this.world.view, undefined);
    return object as T;
  }
}
