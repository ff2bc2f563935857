import type Stripe from 'stripe';

import { readCustomer } from '../snapshots/read-customer.js';
import { idOf, metadataOf, UnreadableObjectError } from '../snapshots/read-values.js';
import { readWholeSubscription } from '../snapshots/read-whole-subscription.js';
import { COMMAND_STAMP } from '../client/readings.js';
import { ReadingTimer, type Span } from '../client/span.js';
import { callStripe, isReplayed, StripeCallError, timingOf } from '../client/stripe-call.js';
import { makeObject } from './make-object.js';
import { giveRight, RIGHT_MISSING } from './missing-right.js';
import { toParameters } from './to-parameters.js';
import { type ChangeRequest, isCreation, type StripeWriteAnswer, type StripeWriteRequest, type WriteIdentity, type WrittenReading } from './write-request.js';

/** Retrying is the ledger's: only it knows whether the call may be made again. */
const ONCE = { attempts: 1, firstDelayMs: 0 };
/** As a reading shows it, so that the answer is one. */
const EXPAND = ['customer'];
const CONFLICT = 409;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;
/** Words of ours that say more than Stripe's. */
const SAYS_MORE = new Set([RIGHT_MISSING, 'stripe_key_refused']);
/** What a key needs for a call, in the dashboard's words; Stripe's answer has others. */
const RIGHTS: Readonly<Record<StripeWriteRequest['call'], string>> = {
  UPDATE_SUBSCRIPTION: 'Subscriptions: Write',
  CANCEL_SUBSCRIPTION: 'Subscriptions: Write',
  CREATE_SUBSCRIPTION: 'Subscriptions: Write',
  UPDATE_CUSTOMER: 'Customers: Write',
  CREATE_CUSTOMER: 'Customers: Write',
  CREATE_PRICE: 'Prices: Write and Products: Write',
  CREATE_SESSION: 'Checkout Sessions: Write',
};

type Done = Extract<StripeWriteAnswer, { kind: 'DONE' }>;

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
      return await (isCreation(request) ? this.make(request, identity) : this.change(request, identity));
    } catch (error) {
      if (error instanceof StripeCallError) {
        return describeFailure(error, request);
      }
      throw error;
    }
  }

  private async make(request: Parameters<typeof makeObject>[1], identity: WriteIdentity): Promise<Done> {
    const { created, headers } = await callStripe(() => makeObject(this.stripe, request, identity), { signal: this.signal, patience: ONCE });
    return { kind: 'DONE', replayed: isReplayed(headers), shown: null, created };
  }

  private change(request: ChangeRequest, { commandId, key }: WriteIdentity): Promise<Done> {
    const options = { idempotencyKey: key };
    const metadata = { [COMMAND_STAMP]: commandId };
    switch (request.call) {
      case 'UPDATE_SUBSCRIPTION':
        return this.answered(() => this.stripe.subscriptions.update(request.id, { ...toParameters(request.change), metadata, expand: EXPAND }, options), (answer, span) => this.readSubscription(answer, span));
      case 'CANCEL_SUBSCRIPTION':
        return this.answered(() => this.stripe.subscriptions.cancel(request.id, { expand: EXPAND }, options), (answer, span) => this.readSubscription(answer, span));
      case 'UPDATE_CUSTOMER': {
        const { name, email } = request.change;
        const change = { ...(name === undefined ? {} : { name: name ?? '' }), ...(email === undefined ? {} : { email: email ?? '' }) };
        return this.answered(() => this.stripe.customers.update(request.id, { ...change, metadata }, options), (answer, span) => this.readCustomer(answer, span));
      }
    }
  }

  /** What Stripe has done stands, whether or not its answer can be read: then it is asked once more. */
  private async answered<Answer>(call: () => Promise<Stripe.Response<Answer>>, read: (answer: Answer, span: Span) => WrittenReading | null): Promise<Done> {
    const answer = await callStripe(call, { signal: this.signal, patience: ONCE });
    const { headers } = answer.lastResponse;
    return { kind: 'DONE', replayed: isReplayed(headers), shown: readSafely(() => read(answer, spanOfAnswer(headers))), created: null };
  }

  private readSubscription(answer: Stripe.Subscription, span: Span): WrittenReading | null {
    return answer.items.has_more ? null : { type: 'SUBSCRIPTION', reading: { ...readWholeSubscription(answer, answer.items.data, this.userIdMetadataKey), span } };
  }

  private readCustomer(answer: Stripe.Customer, span: Span): WrittenReading {
    const stamp = metadataOf(answer.metadata, COMMAND_STAMP);
    return { type: 'CUSTOMER', reading: { snapshot: readCustomer(answer, this.userIdMetadataKey), stamp, whole: true, testClockId: idOf(answer.test_clock), span } };
  }
}

function spanOfAnswer(headers: Readonly<Record<string, string>>): Span {
  const timer = new ReadingTimer();
  timer.note(timingOf(headers));
  return timer.span();
}

function readSafely(read: () => WrittenReading | null): WrittenReading | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableObjectError || error instanceof StripeCallError) {
      return null;
    }
    throw error;
  }
}

function describeFailure({ answer, message, code, stripeCode }: StripeCallError, { call }: StripeWriteRequest): StripeWriteAnswer {
  const { status, requestId, replayed = false } = answer;
  const error = { code: SAYS_MORE.has(code) ? code : (stripeCode ?? code), detail: code === RIGHT_MISSING ? `${message} ${giveRight(RIGHTS[call])}` : message, stripeRequestId: requestId, status };
  if (status === null) {
    return { kind: 'NO_ANSWER', error };
  }
  if (status >= SERVER_ERROR) {
    return { kind: 'FAILING', replayed, error };
  }
  return { kind: status === CONFLICT || status === TOO_MANY_REQUESTS ? 'BUSY' : 'REFUSED', error };
}
