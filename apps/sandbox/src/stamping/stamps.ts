import { Random } from '../account/random.js';
import type { AccountClock } from '../clock/account-clock.js';
import { EXACT } from './stamping-settings.js';
import type { StampingSettings } from './stamping-settings.js';

/** Draws the stamps that answers and events carry. The same settings and seed draw the same again. */
export class Stamps {
  private current = EXACT;
  private random = new Random(EXACT.seed);
  private shared: number | undefined;

  constructor(private readonly clock: AccountClock) {}

  get settings(): StampingSettings {
    return this.current;
  }

  put(settings: Partial<StampingSettings>): StampingSettings {
    this.current = { ...EXACT, ...settings };
    this.random = new Random(this.current.seed).fork('stamps');
    return this.current;
  }

  /** From now on all events carry this second; `undefined` ends it. */
  shareSecond(second: number | undefined): void {
    this.shared = second;
  }

  /** The `Date` of an answer, taken now. */
  date(): string {
    return new Date(this.clock.nowMs() + this.skew()).toUTCString();
  }

  /** The `created` of an event of something that happened at `atMs`. */
  created(atMs: number): number {
    const off = this.drawn(this.current.createdLateMs) - this.drawn(this.current.createdEarlyMs) + this.skew();
    return this.shared ?? Math.floor((atMs + off) / 1000);
  }

  /** How much later than an event its body may be. */
  bodyDelay(): number {
    return this.drawn(this.current.bodyLateMs);
  }

  /** How old a reading by id is. */
  staleness(): number {
    return this.drawn(this.current.staleReadsMs);
  }

  private skew(): number {
    return this.drawn(2 * this.current.skewMs) - this.current.skewMs;
  }

  private drawn(most: number): number {
    return most === 0 ? 0 : this.random.below(most + 1);
  }
}
