import { Clock, ENV, type Env } from '@app/common';
import { Inject, Injectable } from '@nestjs/common';

import { HttpFailure } from '../http/http-failure.js';
import { TokenBuckets } from './token-buckets.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** How often one key and one address may ask, and how often an address may get its key wrong. */
@Injectable()
export class RequestLimits {
  private readonly byKey: TokenBuckets;
  private readonly byAddress: TokenBuckets;
  private readonly failures: TokenBuckets;
  private readonly forgeries: TokenBuckets;

  constructor(@Inject(ENV) env: Env, clock: Clock) {
    const monotonic = (): number => performance.now();
    this.byKey = new TokenBuckets({ size: env.rateLimitPerKey, periodMs: SECOND_MS }, monotonic);
    this.byAddress = new TokenBuckets({ size: env.rateLimitPerAddress, periodMs: SECOND_MS }, monotonic);
    this.failures = new TokenBuckets({ size: env.rateLimitFailedAuth, periodMs: MINUTE_MS }, () => clock.now().getTime());
    this.forgeries = new TokenBuckets({ size: env.rateLimitFailedAuth, periodMs: MINUTE_MS }, () => clock.now().getTime());
  }

  /** @throws HttpFailure `rate_limited` (429) */
  admitAddress(address: string): void {
    refuseAfter(this.byAddress.take(address), 'Too many requests from this address.');
  }

  /** @throws HttpFailure `rate_limited` (429) */
  admitKey(apiKeyId: string): void {
    refuseAfter(this.byKey.take(apiKeyId), 'Too many requests with this key.');
  }

  /**
   * Only who fails is slowed down: a valid key passes even from an address that others behind the same proxy have used
   * up. Nothing is lost by that, as nobody guesses 256 bits.
   *
   * @throws HttpFailure `rate_limited` (429)
   */
  countFailure(address: string): void {
    refuseAfter(this.failures.take(address), 'Too many requests without a valid key from this address.');
  }

  /**
   * Of webhooks only those that do not pass are counted, and by themselves: Stripe sends thousands a minute from a few
   * addresses, and what is authentic is never turned away.
   *
   * @throws HttpFailure `rate_limited` (429)
   */
  countForgery(address: string): void {
    refuseAfter(this.forgeries.take(address), 'Too many webhooks without a valid signature from this address.');
  }
}

function refuseAfter(seconds: number, sentence: string): void {
  if (seconds > 0) {
    throw new HttpFailure({
      status: 429,
      code: 'rate_limited',
      detail: `${sentence} Try again in ${seconds} s.`,
      headers: { 'Retry-After': String(seconds) },
    });
  }
}
