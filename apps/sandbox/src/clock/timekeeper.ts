import { expireDue } from '../checkout/end-session.js';
import { badRequest } from '../http/faults.js';
import type { World } from '../write/act.js';
import { Lifecycle } from './lifecycle.js';

export interface TimeReport {
  /** ISO 8601. */
  now: string;
  nowMs: number;
  isFrozen: boolean;
}

const LONGEST_TIMER = 2 ** 31 - 1;

/** Moves the account's time, and lets happen what falls into it. While the clock runs, time moves by itself. */
export class Timekeeper {
  private readonly lifecycle: Lifecycle;
  private readonly pin: (second: number) => void;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly world: World,
    /** Told after each move. */
    private readonly onMoved: () => void,
  ) {
    const { clock } = world;
    this.pin = (second) => {
      if (second * 1000 > clock.nowMs()) clock.set(second * 1000);
    };
    this.lifecycle = new Lifecycle(world, null, { now: () => clock.now(), pin: this.pin });
  }

  report(): TimeReport {
    const { clock } = this.world;
    return { now: new Date(clock.nowMs()).toISOString(), nowMs: clock.nowMs(), isFrozen: clock.isFrozen };
  }

  advance(ms: number): TimeReport {
    return this.goTo(this.world.clock.nowMs() + ms);
  }

  /** In milliseconds since 1970. Time never goes back: Stripe's does not. */
  moveTo(nowMs: number): TimeReport {
    if (nowMs < this.world.clock.nowMs()) throw badRequest('The clock cannot be set back.', { param: 'nowMs' });
    return this.goTo(nowMs);
  }

  freeze(): void {
    this.world.clock.freeze();
    this.setTimer();
  }

  run(): void {
    this.world.clock.run();
    this.setTimer();
    this.onMoved();
  }

  /** A subscription was made or changed. */
  touched(id: string): void {
    this.lifecycle.touched(id);
    this.setTimer();
  }

  /** A Checkout session was opened. */
  opened(): void {
    this.setTimer();
  }

  close(): void {
    clearTimeout(this.timer);
  }

  /** A clock that runs goes on meanwhile, and may by then be past where it was to go. */
  private goTo(nowMs: number): TimeReport {
    const { clock } = this.world;
    this.runUntil(Math.floor(nowMs / 1000), (second) => this.lifecycle.runUntil(second));
    clock.set(Math.max(nowMs, clock.nowMs()));
    this.setTimer();
    this.onMoved();
    return this.report();
  }

  /** Subscriptions and Checkout sessions, in the order in which they are due. */
  private runUntil(second: number, live: (second: number) => void): void {
    const { checkouts } = this.world;
    for (let at = checkouts.nextAt; at !== undefined && at <= second; at = checkouts.nextAt) {
      live(at);
      this.pin(at);
      expireDue(this.world, at);
    }
    live(second);
  }

  private setTimer(): void {
    clearTimeout(this.timer);
    const { clock } = this.world;
    const nextAt = Math.min(this.lifecycle.nextAt ?? Infinity, this.world.checkouts.nextAt ?? Infinity);
    if (nextAt === Infinity || clock.isFrozen) return;
    const wait = Math.min(Math.max(0, nextAt * 1000 - clock.nowMs()), LONGEST_TIMER);
    this.timer = setTimeout(() => this.tick(), wait).unref();
  }

  private tick(): void {
    this.runUntil(this.world.clock.now(), (second) => this.lifecycle.runDue(second));
    this.setTimer();
  }
}
