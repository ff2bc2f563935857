import { randomUUID } from 'node:crypto';

import type Stripe from 'stripe';

import { callStripe, IMPATIENT, StripeCallError } from '../client/stripe-call.js';
import { STRIPE_API_VERSION } from '../client/stripe-client.js';
import { EVENT_TYPES } from '../events/event-types.js';
import type { EndpointFacts, WantedEndpoint } from './check-endpoint.js';

/** Names the connection in the endpoint's metadata, so that what was made for it is found again. */
const CONNECTION_KEY = 'kana_connection';
const GONE = 404;
/** Stripe allows fewer endpoints than that. */
const PAGE = 100;

/** The endpoint of a connection at this address: for exactly the events that Kana handles, in the version that it reads. */
export function wantedEndpoint(url: string): WantedEndpoint {
  return { url, events: Object.keys(EVENT_TYPES), apiVersion: STRIPE_API_VERSION };
}

/** An endpoint with its secret, which Stripe tells this once. */
export interface MadeEndpoint extends Pick<EndpointFacts, 'id' | 'created' | 'url'> {
  readonly secret: string;
}

/** Webhook endpoints in Stripe. Every call throws StripeCallError. */
export class StripeEndpoints {
  constructor(private readonly stripe: Stripe) {}

  /** Null when it is gone. */
  async find(id: string): Promise<EndpointFacts | null> {
    return unlessGone(() => callStripe(async () => toFacts(await this.stripe.webhookEndpoints.retrieve(id)), { patience: IMPATIENT }), null);
  }

  async all(): Promise<EndpointFacts[]> {
    const { data } = await callStripe(() => this.stripe.webhookEndpoints.list({ limit: PAGE }), { patience: IMPATIENT });
    return data.map(toFacts);
  }

  async madeFor(connectionId: string): Promise<EndpointFacts[]> {
    return (await this.all()).filter((endpoint) => endpoint.connectionId === connectionId);
  }

  async make(connectionId: string, wanted: WantedEndpoint): Promise<MadeEndpoint> {
    // One key for all attempts: the first may have made it, and only its answer was lost.
    const idempotencyKey = randomUUID();
    const made = await callStripe(() => this.stripe.webhookEndpoints.create(parametersOf(connectionId, wanted), { idempotencyKey }), { patience: IMPATIENT });
    if (made.secret === undefined) {
      throw new StripeCallError('UNAVAILABLE', 'stripe_failing', 'Stripe made a webhook endpoint and did not tell its secret. Try again.');
    }
    return { id: made.id, created: made.created, url: made.url, secret: made.secret };
  }

  async update(id: string, wanted: WantedEndpoint): Promise<void> {
    const change = { url: wanted.url, enabled_events: eventsOf(wanted), disabled: false };
    await callStripe(() => this.stripe.webhookEndpoints.update(id, change), { patience: IMPATIENT });
  }

  async delete(id: string): Promise<void> {
    await unlessGone(async () => {
      await callStripe(() => this.stripe.webhookEndpoints.del(id), { patience: IMPATIENT });
    }, undefined);
  }
}

function parametersOf(connectionId: string, wanted: WantedEndpoint): Stripe.WebhookEndpointCreateParams {
  return {
    url: wanted.url,
    enabled_events: eventsOf(wanted),
    api_version: STRIPE_API_VERSION,
    description: 'Kana Stripe Sync',
    metadata: { [CONNECTION_KEY]: connectionId },
  };
}

function eventsOf({ events }: WantedEndpoint): Stripe.WebhookEndpointCreateParams.EnabledEvent[] {
  return [...events] as Stripe.WebhookEndpointCreateParams.EnabledEvent[];
}

function toFacts({ id, created, url, enabled_events: events, api_version: apiVersion, status, metadata }: Stripe.WebhookEndpoint): EndpointFacts {
  return { id, created, url, events, apiVersion, isEnabled: status === 'enabled', connectionId: metadata[CONNECTION_KEY] ?? null };
}

async function unlessGone<Result, Otherwise>(call: () => Promise<Result>, otherwise: Otherwise): Promise<Result | Otherwise> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof StripeCallError && error.answer.status === GONE) {
      return otherwise;
    }
    throw error;
  }
}
