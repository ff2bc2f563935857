import type { KeyPermission } from './stripe-connection.entity.js';

/**
 * What a key must be able to do (stripe.md "Keys"). The account is asked for too, but a key that may not read it still
 * connects; and so does one that may not make webhook endpoints. That right is only asked whether it reads: whether it
 * writes shows when an endpoint is made.
 */
export const PROBED_RESOURCES = [
  { resource: 'account', right: 'Account: Read', required: false },
  { resource: 'customers', right: 'Customers: Read', required: true },
  { resource: 'products', right: 'Products: Read', required: true },
  { resource: 'prices', right: 'Prices: Read', required: true },
  { resource: 'subscriptions', right: 'Subscriptions: Read', required: true },
  { resource: 'events', right: 'Events: Read', required: true },
  { resource: 'webhook_endpoints', right: 'Webhook Endpoints: Write', required: false },
] as const;

export type ProbedResource = (typeof PROBED_RESOURCES)[number]['resource'];

/** The rights that are missing and needed, in the Stripe dashboard's words; empty = the key will do (rule N1). */
export function missingRights(permissions: readonly KeyPermission[]): string[] {
  const refused = new Set(permissions.filter(({ granted, required }) => required && !granted).map(({ resource }) => resource));
  return PROBED_RESOURCES.filter(({ resource }) => refused.has(resource)).map(({ right }) => right);
}

/** `TEST` or `LIVE` from the key itself; null when it is no secret or restricted key. */
export function modeOfKey(apiKey: string): 'TEST' | 'LIVE' | null {
  const match = /^(?:sk|rk)_(test|live)_\w+$/.exec(apiKey);
  if (match === null) {
    return null;
  }
  return match[1] === 'live' ? 'LIVE' : 'TEST';
}

/** Fewer secret characters than this, and four of them would be too many to show. */
const SHOWABLE_LENGTH = 16;

/** Enough of a key to recognise it by, as the dashboard shows it: kind, mode and the last four characters. */
export function hintOfKey(apiKey: string): string {
  return `${apiKey.slice(0, 8)}…${apiKey.length < SHOWABLE_LENGTH ? '' : apiKey.slice(-4)}`;
}
