import Stripe from 'stripe';

import { pacedHttpClient, type Pacer } from '../budget/paced-http-client.js';

/** How long one answer may take, where nobody says otherwise. */
const TIMEOUT_MS = 30_000;

/** The API version whose shapes the readers know; the SDK of this version pins it too. */
export const STRIPE_API_VERSION = '2026-10-28.endive';

/**
 * @param apiBase Stripe's own address, or that of a stand-in in test mode
 * @param timeoutMs how long one answer may take
 * @param pacer of a connection's requests; before there is a connection, none
 */
export function makeStripeClient(apiKey: string, apiBase: string, timeoutMs = TIMEOUT_MS, pacer?: Pacer): Stripe {
  const base = new URL(apiBase);
  const protocol = base.protocol === 'http:' ? 'http' : 'https';
  return new Stripe(apiKey, {
    apiVersion: STRIPE_API_VERSION,
    protocol,
    host: base.hostname,
    port: base.port === '' ? defaultPort(protocol) : Number(base.port),
    timeout: timeoutMs,
    httpClient: pacedHttpClient(Stripe.createNodeHttpClient(), pacer),
    // Retrying is ours (`callStripe`): the SDK would not wait out a 429 and would hide how often it asked.
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

function defaultPort(protocol: 'http' | 'https'): number {
  return protocol === 'http' ? 80 : 443;
}
