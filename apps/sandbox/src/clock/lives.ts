import type { World } from '../write/act.js';
import { Lifecycle } from './lifecycle.js';
import type { Timekeeper } from './timekeeper.js';

/** Whose time a subscription lives in: the account's, or its test clock's. */
export class Lives {
  private readonly lifecycles = new Map<string, Lifecycle>();

  constructor(
    private readonly world: World,
    private readonly time: Timekeeper,
  ) {
    world.testClocks.live = (id, until) => this.under(id)?.runUntil(until);
  }

  /** A subscription was made or changed. */
  touched(id: string, testClock: string | null): void {
    if (testClock === null) this.time.touched(id);
    else this.under(testClock)?.touched(id);
  }

  private under(clockId: string): Lifecycle | undefined {
    const { testClocks } = this.world;
    if (testClocks.timeOf(clockId) === undefined) return undefined;
    const known = this.lifecycles.get(clockId);
    if (known) return known;
    const timeline = { now: () => testClocks.timeOf(clockId) ?? 0, pin: (second: number) => testClocks.pin(clockId, second) };
    const lifecycle = new Lifecycle(this.world, clockId, timeline);
    this.lifecycles.set(clockId, lifecycle);
    return lifecycle;
  }
}
