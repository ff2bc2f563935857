import { ApiClient } from './api-client.js';
import type { Connection, Price } from './api-shapes.js';
import type { DemoContext } from './demo-context.js';
import { connect } from './prepare-demo.js';

/**
 * Connects the account of the given key, reads its prices and says what to do next; imports nothing (rule N4 keeps the
 * two apart).
 */
export async function connectStripe({ apiUrl, adminKey, stripeKey, webhookSecret, out }: DemoContext & { stripeKey: string; webhookSecret?: string | undefined }): Promise<void> {
  const api = new ApiClient(apiUrl, adminKey);
  const connection = await out.step('Connect to Stripe and read its prices', () => connect(api, stripeKey, webhookSecret));
  const prices = await api.all<Price>('/v1/stripe/prices?connectionId=' + connection.id);
  const inState = (state: Price['state']): number => prices.filter((price) => price.state === state).length;
  out.line(`\nConnected to Stripe account ${connection.accountId} (${connection.mode}). Nothing was imported.`);
  out.line(`  ${prices.length} prices: ${inState('MAPPED')} mapped, ${inState('UNMAPPED')} unmapped, ${inState('IGNORED')} ignored, ${inState('ONE_OFF')} one-off.`);
  out.line(`  ${webhookLine(connection)}`);
  out.line('\nWhat to do next');
  out.line('  1. Make features and packages      POST /v1/features, POST /v1/packages, POST /v1/packages/{id}/publish');
  out.line('  2. Map prices to packages          GET /v1/stripe/prices?state=UNMAPPED, PUT /v1/stripe/mappings');
  out.line('  3. Import                          POST /v1/stripe/imports');
  out.line('Prices may be mapped after the import too: what waits on them is converted at once.');
}

function webhookLine({ id, webhook: { state, url, detail } }: Connection): string {
  switch (state) {
    case 'ACTIVE':
      return `Stripe sends webhooks to ${url}.`;
    case 'BY_HAND':
      return `Webhooks are verified with the secret that was given. Let the endpoint send to ${url ?? `/webhooks/stripe/${id} at an address that Stripe can reach`}.`;
    case 'NO_PUBLIC_URL':
      return 'Stripe sends no webhooks, as PUBLIC_URL is not set.';
    case 'RIGHT_MISSING':
    case 'FAILED':
    case 'DISCONNECTED':
      return `There is no webhook endpoint. ${detail ?? ''}`;
  }
}
