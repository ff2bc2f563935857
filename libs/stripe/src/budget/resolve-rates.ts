import type { ConnectionSettings, StripeMode } from '../connections/stripe-connection.entity.js';

/** Requests a second that Stripe allows one account in all, where nobody has raised it (stripe.md, "Limits"). */
const IN_ALL: Record<StripeMode, number> = { LIVE: 100, TEST: 25 };
/** … and of one endpoint: a method and a path without its ids. */
const PER_ENDPOINT = 25;
const PERCENT = 100;

/** Requests a second that Kana allows itself; 0 = any number. */
export interface RequestRates {
  readonly all: number;
  readonly endpoint: number;
}

/** What a connection may ask of Stripe: its share of the account's limits, the rest being left to the company's own programs. */
export function resolveRates(
  mode: StripeMode,
  { requestsPerSecond, requestsPerSecondPerEndpoint, requestSharePercent }: Pick<ConnectionSettings, 'requestsPerSecond' | 'requestsPerSecondPerEndpoint' | 'requestSharePercent'>,
): RequestRates {
  const share = requestSharePercent / PERCENT;
  return { all: (requestsPerSecond ?? IN_ALL[mode]) * share, endpoint: (requestsPerSecondPerEndpoint ?? PER_ENDPOINT) * share };
}
