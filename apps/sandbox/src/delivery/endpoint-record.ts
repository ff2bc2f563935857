import type Stripe from 'stripe';
import type { Wire } from '../objects/wire.js';
import type { Listed } from '../store/ordered.js';

/** A signing secret, and until when it signs: milliseconds of the account's clock, or as long as the endpoint lives. */
interface SigningSecret {
  secret: string;
  until: number;
}

/** A webhook endpoint as it is kept. Unlike other objects it is changed in place: no event tells of it. */
export interface EndpointRecord extends Listed {
  url: string;
  enabledEvents: string[];
  apiVersion: string | null;
  description: string | null;
  metadata: Stripe.Metadata;
  isDisabled: boolean;
  /** Newest first. */
  secrets: SigningSecret[];
  /** Since when every delivery has failed, in milliseconds of the account's clock. */
  failingSince: number | undefined;
}

/** Stripe tells the secret once, when the endpoint is made. */
export function showEndpoint(endpoint: EndpointRecord, secret?: string): Wire<Stripe.WebhookEndpoint> {
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    api_version: endpoint.apiVersion,
    application: null,
    created: endpoint.created,
    description: endpoint.description,
    enabled_events: endpoint.enabledEvents,
    livemode: false,
    metadata: endpoint.metadata,
    ...(secret === undefined ? {} : { secret }),
    status: endpoint.isDisabled ? 'disabled' : 'enabled',
    url: endpoint.url,
  };
}

export function takes(endpoint: EndpointRecord, type: string): boolean {
  return endpoint.enabledEvents.includes('*') || endpoint.enabledEvents.includes(type);
}
