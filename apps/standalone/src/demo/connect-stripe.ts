import type { DemoContext } from './demo-context.js';

/** Connects the account of the given key, and says what to do next; imports nothing (rule N4 keeps the two apart). */
export async function connectStripe(context: DemoContext & { stripeKey: string }): Promise<void> {
  const { out, apiUrl } = context;
  out.line(`Connect your Stripe account with POST ${apiUrl}/v1/stripe/connections.`);
  return Promise.resolve();
}
