import { ApiFault } from '../http/faults.js';
import type { WireCustomer } from '../objects/customer.js';

/** Payments succeed, unless the payment method says otherwise by its name, as Stripe's test methods do. */
const DECLINING = /declined/i;

export function declines(customer: WireCustomer, method: string | null | undefined): boolean {
  const own = customer.invoice_settings.default_payment_method;
  return DECLINING.test(method ?? (typeof own === 'string' ? own : ''));
}

export function declined(): ApiFault {
  const reasons = { code: 'card_declined', declineCode: 'generic_decline' };
  return new ApiFault({ status: 402, type: 'card_error', message: 'Your card was declined.', ...reasons });
}
