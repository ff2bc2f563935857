export interface ClockOptions {
  /** Where it begins, in milliseconds since 1970; this machine's time by default. */
  startsAt?: number;
  /** It stands still until it is moved. By default it runs. */
  isFrozen?: boolean;
}

/**
 * The account's time: Stripe's, as far as anyone can see. It runs with this machine's monotonic clock from where it was
 * set, or stands still. Every `created` and every `Date` comes from here.
 */
export class AccountClock {
  private base: number;
  private baseTick = performance.now();
  private frozen: boolean;

  constructor({ startsAt = Date.now(), isFrozen = false }: ClockOptions = {}) {
    this.base = Math.floor(startsAt);
    this.frozen = isFrozen;
  }

  get isFrozen(): boolean {
    return this.frozen;
  }

  /** Milliseconds since 1970. */
  nowMs(): number {
    return this.frozen ? this.base : this.base + Math.floor(performance.now() - this.baseTick);
  }

  /** Whole seconds since 1970, as Stripe tells times. */
  now(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  /** Sets it; whatever would be due by then is not this class's business. */
  set(ms: number): void {
    this.base = Math.floor(ms);
    this.baseTick = performance.now();
  }

  freeze(): void {
    this.set(this.nowMs());
    this.frozen = true;
  }

  run(): void {
    this.set(this.nowMs());
    this.frozen = false;
  }
}
