import type { ObjectState } from '../store/states.js';
import type { Listed } from '../store/ordered.js';

/** The request that caused an event. Both null: nobody's, Stripe did it by itself. */
export interface Cause {
  requestId: string | null;
  idempotencyKey: string | null;
}

export const BY_ITSELF: Cause = { requestId: null, idempotencyKey: null };

/** What became known of an event's deliveries: endpoints still to be told, and those that never will be. */
interface Deliveries {
  pending: number;
  failed: number;
}

/** An event as it is kept: the states, not their JSON. */
export interface EventRecord extends Listed {
  type: string;
  /** When it happened, in milliseconds of the account's clock; `created` may be stamped otherwise. */
  at: number;
  state: ObjectState;
  /** Of `*.updated` events: the state before. */
  before: ObjectState | undefined;
  cause: Cause;
  /** The account's default version at that time: what a polled event is rendered in. */
  apiVersion: string;
  livemode: boolean;
  /** Of a connected account. Own events have none. */
  account: string | undefined;
  deliveries: Deliveries;
  /** Until then its body follows what becomes of its object, unless somebody is told of it before: in milliseconds. */
  openUntil: number;
}
