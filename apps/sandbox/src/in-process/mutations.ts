import type Stripe from 'stripe';
import type { Cause } from '../events/event-record.js';
import type { Answered } from '../objects/wire.js';
import { Act } from '../write/act.js';
import type { World } from '../write/act.js';
import { CHANGING_ENDPOINTS } from '../write/changing-endpoints.js';
import type { ChangingEndpoint } from '../write/changing-endpoints.js';
import { toForm } from '../write/form.js';

/** Whose change it is: what the event's `request` will say. Nobody's by default, as in the Dashboard. */
export type Origin = Partial<Cause>;

/**
 * Stripe's changes without HTTP, for tests in the same process: the SDK's parameters, checked as over HTTP, and the
 * same events. Refusals are thrown as `ApiFault`.
 */
export class Mutations {
  constructor(private readonly world: World) {}

  createCustomer(params: Stripe.CustomerCreateParams, origin?: Origin): Answered {
    return this.run('createCustomer', '', params, origin);
  }

  updateCustomer(id: string, params: Stripe.CustomerUpdateParams, origin?: Origin): Answered {
    return this.run('updateCustomer', id, params, origin);
  }

  /** Its subscriptions are canceled with it. */
  deleteCustomer(id: string, origin?: Origin): Answered {
    return this.run('deleteCustomer', id, {}, origin);
  }

  createProduct(params: Stripe.ProductCreateParams, origin?: Origin): Answered {
    return this.run('createProduct', '', params, origin);
  }

  updateProduct(id: string, params: Stripe.ProductUpdateParams, origin?: Origin): Answered {
    return this.run('updateProduct', id, params, origin);
  }

  deleteProduct(id: string, origin?: Origin): Answered {
    return this.run('deleteProduct', id, {}, origin);
  }

  createPrice(params: Stripe.PriceCreateParams, origin?: Origin): Answered {
    return this.run('createPrice', '', params, origin);
  }

  updatePrice(id: string, params: Stripe.PriceUpdateParams, origin?: Origin): Answered {
    return this.run('updatePrice', id, params, origin);
  }

  createSubscription(params: Stripe.SubscriptionCreateParams, origin?: Origin): Answered {
    return this.run('createSubscription', '', params, origin);
  }

  updateSubscription(id: string, params: Stripe.SubscriptionUpdateParams, origin?: Origin): Answered {
    return this.run('updateSubscription', id, params, origin);
  }

  cancelSubscription(id: string, params: Stripe.SubscriptionCancelParams = {}, origin?: Origin): Answered {
    return this.run('cancelSubscription', id, params, origin);
  }

  pauseSubscription(id: string, params: Stripe.SubscriptionPauseParams = {}, origin?: Origin): Answered {
    return this.run('pauseSubscription', id, params, origin);
  }

  resumeSubscription(id: string, params: Stripe.SubscriptionResumeParams = {}, origin?: Origin): Answered {
    return this.run('resumeSubscription', id, params, origin);
  }

  createItem(params: Stripe.SubscriptionItemCreateParams, origin?: Origin): Answered {
    return this.run('createItem', '', params, origin);
  }

  updateItem(id: string, params: Stripe.SubscriptionItemUpdateParams, origin?: Origin): Answered {
    return this.run('updateItem', id, params, origin);
  }

  deleteItem(id: string, params: Stripe.SubscriptionItemDeleteParams = {}, origin?: Origin): Answered {
    return this.run('deleteItem', id, params, origin);
  }

  /** The answer has the endpoint's `secret`. */
  createWebhook(params: Stripe.WebhookEndpointCreateParams): Answered {
    return this.run('createWebhook', '', params);
  }

  updateWebhook(id: string, params: Stripe.WebhookEndpointUpdateParams): Answered {
    return this.run('updateWebhook', id, params);
  }

  deleteWebhook(id: string): Answered {
    return this.run('deleteWebhook', id, {});
  }

  private run(name: keyof typeof CHANGING_ENDPOINTS, id: string, params: object, origin: Origin = {}): Answered {
    const endpoint: ChangingEndpoint = CHANGING_ENDPOINTS[name];
    const change = endpoint.prepare(toForm(params));
    const act = new Act(this.world, { requestId: null, idempotencyKey: null, ...origin });
    const object = change(act, id)(this.world.view, undefined);
    return { ...object, id: String(object['id']) };
  }
}
