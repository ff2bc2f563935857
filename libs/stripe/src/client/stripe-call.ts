import { channel } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';

import { KanaError, redactText } from '@app/common';
import { Logger } from '@nestjs/common';
import Stripe from 'stripe';

import { ELAPSED_HEADER } from '../budget/paced-http-client.js';

/** How long a caller goes on trying. */
export interface Patience {
  readonly attempts: number;
  /** The longest wait after the first attempt; it doubles from one to the next. */
  readonly firstDelayMs: number;
}

/** For work that nobody waits for: a minute of trouble in Stripe ends no import. */
export const PATIENT: Patience = { attempts: 6, firstDelayMs: 1000 };
/** Somebody waits for the answer. */
export const IMPATIENT: Patience = { attempts: 3, firstDelayMs: 250 };
const LONGEST_DELAY_MS = 16_000;
/** Stripe's word for two requests that touched one object at once. */
const CONFLICT = 409;

/** Told of each call that is tried again, for whoever counts. */
export const RETRY_CHANNEL = 'kana.stripe.retry';
const retries = channel(RETRY_CHANNEL);
const logger = new Logger('Stripe');

/** What Stripe's answer said of itself; all null where there was none. */
interface StripeAnswer {
  readonly requestId: string | null;
  /** Stripe's own code of the error. */
  readonly code: string | null;
  readonly status: number | null;
  /** The `Date` header. */
  readonly date: string | null;
  /** How long it took. */
  readonly elapsedMs: number;
  /** It was given before, to the same idempotency key. */
  readonly replayed?: boolean;
}

const NO_ANSWER: StripeAnswer = { requestId: null, code: null, status: null, date: null, elapsedMs: 0 };

/** When an answer was given, from its headers. */
export function timingOf(headers: Readonly<Record<string, string>> | undefined): Pick<StripeAnswer, 'date' | 'elapsedMs'> {
  return { date: headers?.['date'] ?? null, elapsedMs: Number(headers?.[ELAPSED_HEADER] ?? 0) };
}

export function isReplayed(headers: Readonly<Record<string, string>> | undefined): boolean {
  return headers?.['idempotent-replayed'] === 'true';
}

/** Stripe said no, or nothing, for good: after the retries where a retry could help. */
export class StripeCallError extends KanaError {
  readonly stripeRequestId: string | null;
  readonly stripeCode: string | null;

  constructor(
    kind: 'UNAVAILABLE' | 'REFUSED',
    code: string,
    message: string,
    readonly answer: StripeAnswer = NO_ANSWER,
  ) {
    super(kind, code, message);
    this.name = 'StripeCallError';
    this.stripeRequestId = answer.requestId;
    this.stripeCode = answer.code;
  }
}

/**
 * Runs one call of the SDK. What a later try may cure (409, 429, 5xx, connection and time-out) is tried again with
 * exponential back-off and full jitter: stripe-node leaves a plain 429 to its caller, so the SDK's own retries are off
 * and all waiting is done here.
 *
 * @throws StripeCallError
 */
export async function callStripe<Result>(
  call: () => Promise<Result>,
  { signal, patience = PATIENT }: { signal?: AbortSignal; patience?: Patience } = {},
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await unlessAborted(call, signal);
    } catch (error) {
      if (attempt === patience.attempts || !isWorthRetrying(error) || signal?.aborted === true) {
        throw describeStripeError(error);
      }
      tellOfRetry(error, attempt);
    }
    await sleep(Math.random() * Math.min(LONGEST_DELAY_MS, patience.firstDelayMs * 2 ** (attempt - 1)), undefined, { signal });
  }
}

async function unlessAborted<Result>(call: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) {
    return call();
  }
  signal.throwIfAborted();
  const settled = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('The process stops.', { cause: signal.reason })), { signal: settled.signal });
  });
  try {
    return await Promise.race([call(), aborted]);
  } finally {
    settled.abort();
  }
}

/** Stripe's support asks for the request id; the run's id is in the line by itself. */
function tellOfRetry(error: unknown, attempt: number): void {
  retries.publish({});
  if (error instanceof Stripe.errors.StripeError) {
    const { type, statusCode = null, requestId = null } = error;
    logger.warn({ attempt, type, status: statusCode, stripeRequestId: requestId }, 'A call of Stripe failed and is tried again');
  }
}

function isWorthRetrying(error: unknown): boolean {
  if (error instanceof Stripe.errors.StripeConnectionError || error instanceof Stripe.errors.StripeRateLimitError) {
    return true;
  }
  return error instanceof Stripe.errors.StripeError && ((error.statusCode ?? 0) >= 500 || error.statusCode === CONFLICT);
}

/** Turns an error of the SDK into one with a stable code and a sentence that says what to do. Others stay as they are. */
export function describeStripeError(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) {
    return error;
  }
  const { kind, code, message } = wording(error);
  const { requestId = null, code: stripeCode = null, statusCode: status = null } = error;
  return new StripeCallError(kind, code, message, { requestId, code: stripeCode, status, ...timingOf(error.headers), replayed: isReplayed(error.headers) });
}

interface Wording {
  kind: 'UNAVAILABLE' | 'REFUSED';
  code: string;
  message: string;
}

function wording(error: Stripe.errors.StripeError): Wording {
  if (error instanceof Stripe.errors.StripeAuthenticationError) {
    return { kind: 'REFUSED', code: 'stripe_key_refused', message: 'Stripe refuses this key. Make a new restricted key in the Stripe dashboard (Developers, API keys) and connect with it.' };
  }
  if (error instanceof Stripe.errors.StripePermissionError) {
    return { kind: 'REFUSED', code: 'stripe_right_missing', message: `The Stripe key lacks a right: ${redactKeys(error.message)}` };
  }
  if (error instanceof Stripe.errors.StripeRateLimitError) {
    return { kind: 'UNAVAILABLE', code: 'stripe_rate_limited', message: 'Stripe goes on answering 429 (too many requests). Try again later, or ask Stripe for a higher limit.' };
  }
  if (error instanceof Stripe.errors.StripeConnectionError) {
    return { kind: 'UNAVAILABLE', code: 'stripe_unreachable', message: 'Stripe cannot be reached. Check the network from this machine and STRIPE_API_BASE.' };
  }
  if ((error.statusCode ?? 0) >= 500) {
    return { kind: 'UNAVAILABLE', code: 'stripe_failing', message: `Stripe goes on failing with status ${error.statusCode}. Try again later; status.stripe.com may know more.` };
  }
  return { kind: 'REFUSED', code: 'stripe_request_refused', message: `Stripe refused a request: ${redactKeys(error.message)}` };
}

/** Stripe's own messages repeat a part of the key, and what was asked about, which may be an email. */
function redactKeys(message: string): string {
  return redactText(message.replaceAll(/\b[a-z]+_(?:live|test)_[\w*]+/g, '(key)'));
}
