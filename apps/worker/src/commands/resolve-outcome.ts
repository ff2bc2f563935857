import type { CreatedObject, StripeWriteAnswer, StripeWriteRequest, WrittenReading } from '@app/stripe';
import type { CommandError } from '@app/sync';

/** Stripe keeps an idempotency key for 24 hours at least; after this it is not relied on any more. */
export const KEY_SECONDS = 23 * 3600;

/** Whether a command may be sent again by its key, which Stripe takes for a new one some day. @param sentSecondsAgo since the first time; null = never */
export function isKeyKept(sentSecondsAgo: number | null): boolean {
  return sentSecondsAgo === null || sentSecondsAgo < KEY_SECONDS;
}

/** How many keys a command may use up. */
const MOST_KEYS = 3;
const NOT_FOUND = 404;

/** One attempt, and what came of it. */
export interface Attempt {
  readonly request: StripeWriteRequest;
  readonly answer: StripeWriteAnswer;
}

export type Outcome =
  /** `shown`: null where the object must be read, as the answer does not show it as it is now. */
  | { readonly kind: 'APPLIED'; readonly shown: WrittenReading | null; readonly created: CreatedObject | null }
  | { readonly kind: 'FAILED'; readonly error: CommandError }
  /** Certainly not done: again later, by the same key. */
  | { readonly kind: 'LATER'; readonly error: CommandError }
  /** Nobody knows: to be read before anything else. */
  | { readonly kind: 'UNKNOWN'; readonly error: CommandError };

/** Decides what an answer of Stripe's means for a command (rule K2). */
export function resolveOutcome({ request, answer }: Attempt): Outcome {
  switch (answer.kind) {
    case 'DONE':
      // What was answered first shows what was then, and not what is now.
      return { kind: 'APPLIED', shown: answer.replayed ? null : answer.shown, created: answer.created };
    case 'REFUSED':
      return mayBeDoneBefore(request, answer.error.status) ? { kind: 'UNKNOWN', error: answer.error } : { kind: 'FAILED', error: answer.error };
    case 'BUSY':
      return { kind: 'LATER', error: answer.error };
    case 'FAILING':
      return { kind: 'UNKNOWN', error: { ...answer.error, isFinalForKey: answer.replayed } };
    case 'NO_ANSWER':
      return { kind: 'UNKNOWN', error: answer.error };
  }
}

/** Stripe keeps no keys of DELETE calls: a subscription that an earlier attempt has ended is not found by the next one. */
function mayBeDoneBefore({ call }: StripeWriteRequest, status: number | null): boolean {
  return call === 'CANCEL_SUBSCRIPTION' && status === NOT_FOUND;
}

/** Whether Stripe shows that the command was done; `GONE`: it knows no such object any more; `UNREAD`: it could not be asked. */
export type Effect = 'THERE' | 'ABSENT' | 'GONE' | 'UNREAD';

/** A command of which nobody knew whether it was done, after Stripe was read. */
export interface Doubt {
  readonly effect: Effect;
  /** Why nobody knew. */
  readonly error: CommandError | null;
  readonly keyNumber: number;
  readonly sentSecondsAgo: number;
}

export type DoubtVerdict =
  | { readonly kind: 'APPLIED' }
  | { readonly kind: 'FAILED'; readonly error: CommandError }
  | { readonly kind: 'RESEND'; readonly keyNumber: number }
  /** Stripe is to be read again later. */
  | { readonly kind: 'WAIT' };

/**
 * Decides how a doubt ends. Never sent blind: what is not there is sent again by the same key, so that it takes effect once
 * even if the first attempt is still under way. Another key is taken only where Stripe has told that this one will for
 * ever be answered by a failure, and was read after that.
 */
export function resolveDoubt({ effect, error, keyNumber, sentSecondsAgo }: Doubt): DoubtVerdict {
  const isKept = isKeyKept(sentSecondsAgo);
  switch (effect) {
    case 'THERE':
      return { kind: 'APPLIED' };
    case 'GONE':
      return failed('resource_missing', 'Stripe does not know this object any more.', error);
    case 'UNREAD':
      return isKept ? { kind: 'WAIT' } : outcomeUnknown(error);
    case 'ABSENT':
      if (error?.isFinalForKey === true) {
        return keyNumber < MOST_KEYS && isKept ? { kind: 'RESEND', keyNumber: keyNumber + 1 } : failed('STRIPE_FAILING', 'Stripe answers with a failure each time, and has not done it.', error);
      }
      return isKept ? { kind: 'RESEND', keyNumber } : outcomeUnknown(error);
  }
}

function outcomeUnknown(error: CommandError | null): DoubtVerdict {
  return failed('OUTCOME_UNKNOWN', 'Nobody knows what came of it, and Stripe’s key is too old to send it again safely. Compare with Stripe, then try again if it is not done.', error);
}

function failed(code: string, detail: string, error: CommandError | null): DoubtVerdict {
  return { kind: 'FAILED', error: { code, detail, stripeRequestId: error?.stripeRequestId ?? null, status: error?.status ?? null } };
}
