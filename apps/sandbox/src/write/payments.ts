import { ApiFault, badRequest } from '../http/faults.js';
import type { WireCustomer } from '../objects/customer.js';
import type { Act } from './act.js';

/** Payments succeed, unless the payment method says otherwise by its name, as Stripe's test methods do. */
const DECLINING = /declined/i;

export function declines(customer: WireCustomer, method: string | null | undefined): boolean {
  const own = customer.invoice_settings.default_payment_method;
  return DECLINING.test(method ?? (typeof own === 'string' ? own : ''));
}

/** Nothing to charge: no payment method is named, the customer has none of its own, and pays for nothing yet. */
export function lacksMethod(act: Act, customer: WireCustomer, method: string | null | undefined): boolean {
  const named = method ?? customer.invoice_settings.default_payment_method;
  return named === null && ![...act.store.subscriptions.under(`customer:${customer.id}`)].some((one) => act.store.isLive(one));
}

export function unpayable(): ApiFault {
  const message = 'This customer has no attached payment source or default payment method. Please consider adding a default payment method.';
  return badRequest(message, { code: 'resource_missing' });
}

export function declined(): ApiFault {
  const reasons = { code: 'card_declined', declineCode: 'generic_decline' };
  return new ApiFault({ status: 402, type: 'card_error', message: 'Your card was declined.', ...reasons });
}
