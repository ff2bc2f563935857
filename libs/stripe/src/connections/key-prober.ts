import { createHash } from 'node:crypto';

import { type Clock, clockAheadOfDate } from '@app/common';
import Stripe from 'stripe';

import { callStripe, describeStripeError, IMPATIENT, StripeCallError, timingOf } from '../client/stripe-call.js';
import { makeStripeClient } from '../client/stripe-client.js';
import { PROBED_RESOURCES, type ProbedResource } from './check-permissions.js';
import type { KeyPermission } from './stripe-connection.entity.js';

/** What Stripe says about a key. */
export interface KeyReport {
  accountId: string;
  permissions: KeyPermission[];
  /** How far our clock surely is ahead of Stripe's; negative = behind. */
  clockAheadMs: number;
}

/**
 * Asks Stripe, right by right, what a key may read (rule N1): one small list call each.
 *
 * @throws StripeCallError when Stripe refuses the key itself or cannot be reached
 */
export async function probeKey(apiKey: string, apiBase: string, clock: Clock): Promise<KeyReport> {
  const stripe = makeStripeClient(apiKey, apiBase);
  const { accountId, clockAheadMs } = await readAccount(stripe, clock);
  const permissions = await Promise.all(
    PROBED_RESOURCES.map(async ({ resource, required }) => ({
      resource,
      required,
      granted: resource === 'account' ? accountId !== null : await mayRead(stripe, resource, required),
    })),
  );
  return { accountId: accountId ?? accountOfKey(apiKey), permissions, clockAheadMs };
}

/** Null where the key may not read it. Stripe dates what it refuses, too. */
async function readAccount(stripe: Stripe, clock: Clock): Promise<{ accountId: string | null; clockAheadMs: number }> {
  const from = clock.now().getTime();
  const aheadOf = (date: string | null): number => clockAheadOfDate({ from, to: clock.now().getTime() }, date);
  try {
    const account = await callStripe(() => stripe.accounts.retrieveCurrent(), { patience: IMPATIENT });
    return { accountId: account.id, clockAheadMs: aheadOf(timingOf(account.lastResponse.headers).date) };
  } catch (error) {
    return onlyWhenForbidden(error, { accountId: null, clockAheadMs: aheadOf(error instanceof StripeCallError ? error.answer.date : null) });
  }
}

/** The smallest call that needs each right. */
const PROBES: Record<Exclude<ProbedResource, 'account'>, (stripe: Stripe) => Promise<unknown>> = {
  customers: (stripe) => stripe.customers.list({ limit: 1 }),
  products: (stripe) => stripe.products.list({ limit: 1 }),
  prices: (stripe) => stripe.prices.list({ limit: 1 }),
  subscriptions: (stripe) => stripe.subscriptions.list({ limit: 1 }),
  events: (stripe) => stripe.events.list({ limit: 1 }),
  webhook_endpoints: (stripe) => stripe.webhookEndpoints.list({ limit: 1 }),
};

async function mayRead(stripe: Stripe, resource: Exclude<ProbedResource, 'account'>, required: boolean): Promise<boolean> {
  try {
    await callStripe(() => PROBES[resource](stripe), { patience: IMPATIENT });
    return true;
  } catch (error) {
    // Whatever Stripe has against it: what is not needed keeps nobody from connecting.
    return !required && isRefusal(error) ? false : onlyWhenForbidden(error, false);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof StripeCallError && error.kind === 'REFUSED' && error.code !== 'stripe_key_refused';
}

function onlyWhenForbidden<Answer>(error: unknown, answer: Answer): Answer {
  if (error instanceof StripeCallError && error.code === 'stripe_right_missing') {
    return answer;
  }
  throw describeStripeError(error);
}

/** A stand-in for the account's id where the key may not read it: the same key names the same account. */
function accountOfKey(apiKey: string): string {
  return `unknown:${createHash('sha256').update(apiKey).digest('hex').slice(0, 24)}`;
}
