import type { StripeConnection } from '@app/stripe';

/** By whom a command is delivered, and to which account. */
export interface DeliveryContext {
  readonly connection: StripeConnection;
  /** Names this worker process. */
  readonly owner: string;
  readonly signal: AbortSignal;
}
