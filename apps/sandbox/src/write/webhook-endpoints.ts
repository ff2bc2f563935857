import type Stripe from 'stripe';
import { MOST_ENDPOINTS } from '../delivery/endpoint-book.js';
import { showEndpoint } from '../delivery/endpoint-record.js';
import type { EndpointRecord } from '../delivery/endpoint-record.js';
import { badRequest, missing } from '../http/faults.js';
import { isVersion } from '../objects/versions.js';
import type { Act, Shown } from './act.js';
import { demand, mergeMetadata } from './demands.js';
import { emptyable, flag, ignored, list, metadata, notServed, object, text } from './readers.js';
import type { Read, Reader } from './readers.js';

const EVENT_TYPE = /^[a-z0-9_]+(\.[a-z0-9_]+)+$/;

/** `*` alone, or types by their full names: there are no groups such as `customer.*`. */
const enabledEvents: Reader<string[]> = (value, path) => {
  const types = list(text)(value, path);
  const wrong = types.find((type) => type !== '*' && !EVENT_TYPE.test(type));
  if (wrong === undefined && types.length > 0) return types;
  throw badRequest(`Invalid ${path}: ${wrong === undefined ? 'it is empty' : `there is no event type ${wrong}`}.`, { param: path });
};

const address: Reader<string> = (value, path) => {
  const url = text(value, path);
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw badRequest('Invalid URL: URLs must be formatted as https://example.com.', { code: 'url_invalid', param: path });
};

const version: Reader<string> = (value, path) => {
  const name = text(value, path);
  if (isVersion(name)) return name;
  throw badRequest(`Invalid Stripe API version: ${name}`, { param: path });
};

export const WEBHOOK_CREATION = object<Stripe.WebhookEndpointCreateParams>()({
  api_version: version,
  connect: notServed,
  description: emptyable(text),
  enabled_events: enabledEvents,
  expand: ignored(list(text)),
  metadata,
  url: address,
});

export const WEBHOOK_UPDATE = object<Stripe.WebhookEndpointUpdateParams>()({
  description: emptyable(text),
  disabled: flag,
  enabled_events: enabledEvents,
  expand: ignored(list(text)),
  metadata,
  url: address,
});

/** The one answer that tells the secret. */
export function createWebhook(act: Act, input: Read<typeof WEBHOOK_CREATION>): Shown {
  const { endpoints } = act.world.endpoints;
  if (endpoints.all().length >= MOST_ENDPOINTS) {
    throw badRequest(`You have reached the maximum of ${MOST_ENDPOINTS} test webhook endpoints.`);
  }
  const secret = act.newId('whsec_');
  const endpoint: EndpointRecord = {
    id: act.newId('we_1'),
    created: act.now(),
    url: demand(input.url, 'url'),
    enabledEvents: demand(input.enabled_events, 'enabled_events'),
    apiVersion: input.api_version ?? null,
    description: input.description ?? null,
    metadata: mergeMetadata({}, input.metadata),
    isDisabled: false,
    secrets: [{ secret, until: Infinity }],
    failingSince: undefined,
  };
  endpoints.add(endpoint);
  return () => ({ ...showEndpoint(endpoint, secret) });
}

export function updateWebhook(act: Act, input: Read<typeof WEBHOOK_UPDATE>, id: string): Shown {
  const endpoint = knownEndpoint(act, id);
  endpoint.url = input.url ?? endpoint.url;
  endpoint.enabledEvents = input.enabled_events ?? endpoint.enabledEvents;
  endpoint.description = input.description === undefined ? endpoint.description : input.description;
  endpoint.metadata = mergeMetadata(endpoint.metadata, input.metadata);
  endpoint.isDisabled = input.disabled ?? endpoint.isDisabled;
  if (input.disabled === false) endpoint.failingSince = undefined;
  return () => ({ ...showEndpoint(endpoint) });
}

export function deleteWebhook(act: Act, _input: object, id: string): Shown {
  act.world.endpoints.remove(knownEndpoint(act, id));
  return () => ({ id, object: 'webhook_endpoint', deleted: true });
}

function knownEndpoint(act: Act, id: string): EndpointRecord {
  const endpoint = act.world.endpoints.get(id);
  if (!endpoint) throw missing('webhook endpoint', id, 'id');
  return endpoint;
}
