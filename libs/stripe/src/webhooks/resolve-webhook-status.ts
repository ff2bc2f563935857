import type { WebhookStatus } from '../connections/stripe-connection.entity.js';

/** What is known of the way that webhooks come. */
export interface WebhookFacts {
  /** Of the endpoint that Kana made, and where that sends to. */
  readonly endpoint: { readonly id: string; readonly url: string } | null;
  /** Whether the secret of an endpoint that was made by hand counts. */
  readonly hasGiven: boolean;
  /** Where Stripe is to send to; null without a public address. */
  readonly wantedUrl: string | null;
  /** Why Stripe did not let the endpoint be made, or looked at. */
  readonly failure: { readonly state: 'RIGHT_MISSING' | 'FAILED'; readonly detail: string } | null;
}

const WHY_NO_URL =
  'Stripe is not told where to send webhooks, as PUBLIC_URL is not set: Kana asks Stripe for its events instead. Set PUBLIC_URL to an address that Stripe can reach, or give the secret of an endpoint that you made by hand.';

/** What is so of a connection that nobody has looked at yet. */
export const NO_WEBHOOK: WebhookStatus = { state: 'NO_PUBLIC_URL', url: null, detail: WHY_NO_URL, endpointId: null };

export function resolveWebhookStatus({ endpoint, hasGiven, wantedUrl, failure }: WebhookFacts): WebhookStatus {
  const endpointId = endpoint?.id ?? null;
  if (failure !== null) {
    return { ...failure, url: endpoint?.url ?? wantedUrl, endpointId };
  }
  if (endpoint !== null) {
    return { state: 'ACTIVE', url: endpoint.url, detail: null, endpointId };
  }
  return hasGiven ? { state: 'BY_HAND', url: wantedUrl, detail: null, endpointId } : NO_WEBHOOK;
}
