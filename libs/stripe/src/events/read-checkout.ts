import { idOf } from '../snapshots/read-values.js';

/** What a completed Checkout session says about its customer. */
export interface CheckoutReading {
  readonly sessionId: string;
  readonly customerId: string;
  /** What the company calls the payer (`client_reference_id`). */
  readonly reference: string;
}

/** Control characters, which no id may hold. */
const CONTROL = /\p{Cc}/u;
const LONGEST_ID = 255;

/**
 * For whom a Checkout session was opened: a completed session never changes, so its event is proof enough. Null where the
 * session says nothing, or where it is the payer who says it: to a payment link anybody can add a reference of their choice.
 */
export function readCheckout(type: string, shown: unknown): CheckoutReading | null {
  if (type !== 'checkout.session.completed' || typeof shown !== 'object' || shown === null) {
    return null;
  }
  const { id, mode, customer, client_reference_id: reference, payment_link: link }: Shown = shown;
  if (mode !== 'subscription' || (link !== null && link !== undefined)) {
    return null;
  }
  const customerId = isReference(customer) ? idOf(customer) : null;
  return isId(id) && isId(customerId) && isId(reference) ? { sessionId: id, customerId, reference } : null;
}

interface Shown {
  readonly id?: unknown;
  readonly mode?: unknown;
  readonly customer?: unknown;
  readonly client_reference_id?: unknown;
  readonly payment_link?: unknown;
}

function isReference(value: unknown): value is string | { id: string } {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string');
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_ID && !CONTROL.test(value);
}
