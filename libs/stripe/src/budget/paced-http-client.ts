import type Stripe from 'stripe';

import { readEndpoint } from './read-endpoint.js';

/** When requests may leave, and who is told that Stripe refused one for their number. */
export interface Pacer {
  /** Waits for the request's turn. */
  pass(endpoint: string): Promise<void>;
  /** @param reason Stripe’s `Stripe-Rate-Limited-Reason` */
  refused(endpoint: string, reason: string | null): Promise<void>;
}

/** The header that says how long the answer took, milliseconds: without the wait for the request's turn. */
export const ELAPSED_HEADER = 'kana-elapsed-ms';
const TOO_MANY_REQUESTS = 429;

/** A client of the SDK whose every request waits for its turn: nothing can ask Stripe out of turn. */
export function pacedHttpClient(client: Stripe.HttpClient, pacer?: Pacer): Stripe.HttpClient {
  return {
    getClientName: () => client.getClientName(),
    makeRequest: async (host, port, path, method, ...rest) => {
      const endpoint = readEndpoint(method, path);
      await pacer?.pass(endpoint);
      const startedAt = performance.now();
      const response = await client.makeRequest(host, port, path, method, ...rest);
      const headers = response.getHeaders();
      headers[ELAPSED_HEADER] = String(performance.now() - startedAt);
      if (response.getStatusCode() === TOO_MANY_REQUESTS && pacer !== undefined) {
        await whileReading(response, () => pacer.refused(endpoint, String(headers['stripe-rate-limited-reason'] ?? '') || null));
      }
      return response;
    },
  };
}

/** The SDK listens to a body only when it asks for it: one that was broken off before, as its time was out, would never end. */
async function whileReading(response: Stripe.HttpClientResponse, work: () => Promise<void>): Promise<void> {
  const body: Promise<unknown> = response.toJSON();
  body.catch(() => undefined);
  response.toJSON = () => body;
  await work();
}
