/** Bounds the memory that many callers could take; an idle bucket is a full one, so that forgetting it changes nothing. */
const MAXIMUM_BUCKETS = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** A limit: so many at once, refilled evenly over the period. */
export interface Limit {
  readonly size: number;
  readonly periodMs: number;
}

/**
 * A token bucket per caller, in this process's memory: several processes allow several times the limit. Costs a lookup
 * and two multiplications.
 */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();

  /**
   * @param limit a size of 0 = no limit
   * @param now milliseconds of any clock
   */
  constructor(
    private readonly limit: Limit,
    private readonly now: () => number,
  ) {}

  /** Takes a token. Gives 0, or the seconds (rounded up) until there is one again. */
  take(caller: string): number {
    if (this.limit.size === 0) {
      return 0;
    }
    const bucket = this.refilled(caller);
    if (bucket.tokens < 1) {
      return Math.max(1, Math.ceil(((1 - bucket.tokens) * this.limit.periodMs) / this.limit.size / 1000));
    }
    bucket.tokens -= 1;
    return 0;
  }

  private refilled(caller: string): Bucket {
    const now = this.now();
    const bucket = this.buckets.get(caller) ?? this.add(caller, now);
    const passed = Math.max(0, now - bucket.at);
    bucket.tokens = Math.min(this.limit.size, bucket.tokens + (passed * this.limit.size) / this.limit.periodMs);
    bucket.at = now;
    return bucket;
  }

  private add(caller: string, now: number): Bucket {
    if (this.buckets.size >= MAXIMUM_BUCKETS) {
      this.buckets.clear();
    }
    const bucket = { tokens: this.limit.size, at: now };
    this.buckets.set(caller, bucket);
    return bucket;
  }
}
