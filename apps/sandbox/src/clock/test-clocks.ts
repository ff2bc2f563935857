import type Stripe from 'stripe';
import type { Wire } from '../objects/wire.js';
import { Collection } from '../store/collection.js';
import type { Listed } from '../store/ordered.js';

export type WireTestClock = Wire<Stripe.TestHelpers.TestClock>;

const KEPT_SECONDS = 30 * 24 * 3_600;

/** A test clock: a time of its own, in whole seconds, for the customers that are made under it. */
interface TestClock extends Listed {
  name: string | null;
  /** As Stripe tells it: while time goes on still the old one. */
  frozenTime: number;
  /** Where time is; between the two while it goes on. */
  time: number;
  target: number | undefined;
}

/** All test clocks of the account. */
export class TestClocks {
  readonly clocks = new Collection<TestClock>(() => ['all'], []);
  /** Lets everything happen under a clock until a second. */
  live: (id: string, until: number) => void = () => undefined;

  add(clock: Pick<TestClock, 'id' | 'created' | 'name' | 'frozenTime'>): void {
    this.clocks.add({ ...clock, time: clock.frozenTime, target: undefined });
  }

  remove(id: string): void {
    this.clocks.remove(id);
  }

  /** Whole seconds; undefined when there is no such clock. */
  timeOf(id: string): number | undefined {
    return this.clocks.get(id)?.time;
  }

  show(id: string): WireTestClock | undefined {
    const clock = this.clocks.get(id);
    return clock && showTestClock(clock);
  }

  /** From now on it says that it is advancing. */
  begin(id: string, target: number): void {
    this.change(id, { target });
  }

  /** Time is at this second while what is due then happens. */
  pin(id: string, time: number): void {
    this.change(id, { time });
  }

  /** Lets everything happen until the target, and is ready. */
  finish(id: string): void {
    const target = this.clocks.get(id)?.target;
    if (target === undefined) return;
    this.live(id, target);
    this.change(id, { target: undefined, time: target, frozenTime: target });
  }

  private change(id: string, change: Partial<TestClock>): void {
    const clock = this.clocks.get(id);
    if (clock) this.clocks.replace({ ...clock, ...change });
  }
}

export function showTestClock({ id, created, name, frozenTime, target }: TestClock): WireTestClock {
  return {
    id,
    object: 'test_helpers.test_clock',
    created,
    deletes_after: created + KEPT_SECONDS,
    frozen_time: frozenTime,
    livemode: false,
    name,
    status: target === undefined ? 'ready' : 'advancing',
    status_details: target === undefined ? {} : { advancing: { target_frozen_time: target } },
  };
}
