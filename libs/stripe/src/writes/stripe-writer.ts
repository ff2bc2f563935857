import type Stripe from 'stripe';

import { UnreadableObjectError } from '../snapshots/read-values.js';
import { readWholeSubscription } from '../snapshots/read-whole-subscription.js';
import { COMMAND_STAMP, type SubscriptionReading } from '../client/readings.js';
import { ReadingTimer } from '../client/span.js';
import { callStripe, isReplayed, StripeCallError, timingOf } from '../client/stripe-call.js';
import { toParameters } from './to-parameters.js';
import type { StripeWriteAnswer, StripeWriteRequest, WriteIdentity } from './write-request.js';

/** Retrying is the ledger's: only it knows whether the call may be made again. */
const ONCE = { attempts: 1, firstDelayMs: 0 };
/** As a reading shows it, so that the answer is one. */
const EXPAND = ['customer'];
const CONFLICT = 409;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

type Answered = Stripe.Response<Stripe.Subscription>;

/** Changes one Stripe account: one call at a time, once, and tells how it ended. */
export class StripeWriter {
  constructor(
    private readonly stripe: Stripe,
    private readonly userIdMetadataKey: string,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws when the process stops meanwhile: then nobody knows what came of the call */
  async send(request: StripeWriteRequest, identity: WriteIdentity): Promise<StripeWriteAnswer> {
    try {
      const answer = await callStripe(() => this.call(request, identity), { signal: this.signal, patience: ONCE });
      return { kind: 'DONE', replayed: isReplayed(answer.lastResponse.headers), reading: this.read(answer) };
    } catch (error) {
      if (error instanceof StripeCallError) {
        return describeFailure(error);
      }
      throw error;
    }
  }

  private call(request: StripeWriteRequest, { commandId, key }: WriteIdentity): Promise<Answered> {
    const options = { idempotencyKey: key };
    switch (request.call) {
      case 'UPDATE_SUBSCRIPTION': {
        const metadata = { [COMMAND_STAMP]: commandId };
        return this.stripe.subscriptions.update(request.id, { ...toParameters(request.change), metadata, expand: EXPAND }, options);
      }
      case 'CANCEL_SUBSCRIPTION':
        return this.stripe.subscriptions.cancel(request.id, { expand: EXPAND }, options);
    }
  }

  /** What Stripe has done stands, whether or not its answer can be read: then it is asked once more. */
  private read(answer: Answered): SubscriptionReading | null {
    if (answer.items.has_more) {
      return null;
    }
    try {
      const timer = new ReadingTimer();
      timer.note(timingOf(answer.lastResponse.headers));
      return { ...readWholeSubscription(answer, answer.items.data, this.userIdMetadataKey), span: timer.span() };
    } catch (error) {
      if (error instanceof UnreadableObjectError || error instanceof StripeCallError) {
        return null;
      }
      throw error;
    }
  }
}

function describeFailure({ answer, message, code, stripeCode }: StripeCallError): StripeWriteAnswer {
  const { status, requestId, replayed = false } = answer;
  const error = { code: stripeCode ?? code, detail: message, stripeRequestId: requestId, status };
  if (status === null) {
    return { kind: 'NO_ANSWER', error };
  }
  if (status >= SERVER_ERROR) {
    return { kind: 'FAILING', replayed, error };
  }
  return { kind: status === CONFLICT || status === TOO_MANY_REQUESTS ? 'BUSY' : 'REFUSED', error };
}
