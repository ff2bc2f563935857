import { StripeCallError } from './stripe-call.js';

const MILLISECONDS = 1000;

/** When a state that Stripe showed was taken: at some moment T with `lo <= T < hi + 1`, in whole seconds of Stripe's clock. */
export interface Span {
  readonly lo: number;
  readonly hi: number;
}

/** One answer: its `Date`, and how long it took on our monotonic clock. */
export interface DatedAnswer {
  readonly second: number;
  readonly elapsedMs: number;
}

/**
 * Bounds a reading in Stripe's time (freshness.md). An answer's `Date` may have been stamped at any moment of its request,
 * and the state that it shows was taken in that time, too: so long is how far the one may lie from the other, on either side.
 * Waiting for a request's turn, and attempts that failed, are no part of it.
 *
 * @param answers what the reading is made of, at least one
 */
export function spanOf(answers: readonly DatedAnswer[]): Span {
  const rtt = ({ elapsedMs }: DatedAnswer): number => Math.ceil(elapsedMs / MILLISECONDS);
  // Answers to requests that ran side by side, or came from several servers, need not be dated in their order.
  return {
    lo: Math.min(...answers.map((answer) => answer.second - rtt(answer))),
    hi: Math.max(...answers.map((answer) => answer.second + rtt(answer))),
  };
}

/** Accompanies one reading of Stripe, of one answer or of many. */
export class ReadingTimer {
  private readonly answers: DatedAnswer[] = [];

  /** @throws StripeCallError where the answer has no date: when its state was taken cannot be said then */
  note({ date, elapsedMs }: { readonly date: string | null; readonly elapsedMs: number }): void {
    const milliseconds = Date.parse(date ?? '');
    if (Number.isNaN(milliseconds)) {
      const message = 'Stripe’s answer carries no valid Date header. Does a proxy between this machine and Stripe remove it?';
      throw new StripeCallError('UNAVAILABLE', 'stripe_answer_undated', message);
    }
    this.answers.push({ second: Math.floor(milliseconds / MILLISECONDS), elapsedMs });
  }

  span(): Span {
    return spanOf(this.answers);
  }
}
