import { randomBytes } from 'node:crypto';

import { type SentWebhook, signed } from './webhook-forgeries.js';
import type { Wire } from './stripe-wire.js';

/** The answer to a webhook. */
export interface WebhookAnswer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

export const secondsNow = (): number => Math.floor(Date.now() / 1000);

export const newWebhookSecret = (): string => `whsec_${randomBytes(16).toString('hex')}`;

/** An event of Stripe; a difference makes it what a test is about. */
export function wireEvent(id: string, difference: Wire = {}): Wire {
  return {
    id,
    object: 'event',
    type: 'customer.updated',
    created: secondsNow(),
    livemode: false,
    api_version: '2026-10-28.endive',
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object: { id: `cus_of_${id}`, object: 'customer', email: null, name: null, metadata: {}, created: 1_772_366_400 } },
    ...difference,
  };
}

/** As Stripe sends it: the event as JSON, signed now. */
export function signedEvent(event: unknown, ...secrets: readonly string[]): SentWebhook {
  const body = Buffer.from(JSON.stringify(event));
  return { body, header: signed(body, secrets, secondsNow()) };
}

export async function sendWebhook(url: string, { body, header }: SentWebhook, headers: Readonly<Record<string, string>> = {}): Promise<WebhookAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', ...(header === undefined ? {} : { 'stripe-signature': header }), ...headers },
    body: new Uint8Array(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
}
