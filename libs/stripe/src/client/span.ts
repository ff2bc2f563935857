import { StripeCallError } from './stripe-call.js';

const MILLISECONDS = 1000;

/** When a state that Stripe showed was taken: at some moment T with `lo <= T < hi + 1`, in whole seconds of Stripe's clock. */
export interface Span {
  readonly lo: number;
  readonly hi: number;
}

/**
 * Bounds a reading in Stripe's time (freshness.md). An answer's `Date` may have been stamped at any moment of its request,
 * so the length of the whole reading is how far the state may lie from it, on either side.
 *
 * @param seconds the `Date` of each answer, at least one
 * @param elapsedMs how long the whole reading took on our monotonic clock, retries and further pages included
 */
export function spanOf(seconds: readonly number[], elapsedMs: number): Span {
  const rtt = Math.ceil(elapsedMs / MILLISECONDS);
  // Answers to requests that ran side by side, or came from several servers, need not be dated in their order.
  return { lo: Math.min(...seconds) - rtt, hi: Math.max(...seconds) + rtt };
}

/** Accompanies one reading of Stripe, of one answer or of many. */
export class ReadingTimer {
  private readonly startedAt = performance.now();
  private readonly seconds: number[] = [];

  /** @throws StripeCallError where the answer has no date: when its state was taken cannot be said then */
  note(date: string | null | undefined): void {
    const milliseconds = Date.parse(date ?? '');
    if (Number.isNaN(milliseconds)) {
      const message = 'Stripe’s answer carries no valid Date header. Does a proxy between this machine and Stripe remove it?';
      throw new StripeCallError('UNAVAILABLE', 'stripe_answer_undated', message);
    }
    this.seconds.push(Math.floor(milliseconds / MILLISECONDS));
  }

  span(): Span {
    return spanOf(this.seconds, performance.now() - this.startedAt);
  }
}
