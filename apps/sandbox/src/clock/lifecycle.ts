import { BY_ITSELF } from '../events/event-record.js';
import { Act } from '../write/act.js';
import type { World } from '../write/act.js';
import { DueQueue } from './due-queue.js';
import { happen } from './due-changes.js';
import { nextDue } from './dues.js';

/** One time that subscriptions live in: the account's, or a test clock's. Whole seconds. */
export interface Timeline {
  now(): number;
  /** Time is at this second while what is due then happens; never backwards. */
  pin(second: number): void;
}

interface Due {
  id: string;
  at: number;
}

/**
 * What happens to the subscriptions of one timeline by itself. It knows those that were made or changed since it began;
 * the others, as they were generated, live only from the first time that it is moved on purpose: the account stays byte
 * for byte as its seed makes it, however late the sandbox is started.
 */
export class Lifecycle {
  private readonly queue = new DueQueue<Due>();
  /** By subscription: the one entry of the queue that counts. */
  private readonly dues = new Map<string, number>();
  private hasAll = false;

  constructor(
    private readonly world: World,
    private readonly testClock: string | null,
    private readonly timeline: Timeline,
  ) {}

  /** The second at which something is due next. */
  get nextAt(): number | undefined {
    return this.queue.nextAt;
  }

  /** A subscription was made or changed: what is due to it after now is due anew. */
  touched(id: string): void {
    this.enrol(id, this.timeline.now());
  }

  /** Lets everything happen that is due by then, each at its time. What was overdue happens first, now. */
  runUntil(second: number): void {
    this.enrolAll();
    this.runDue(second);
  }

  /** The same for those subscriptions alone that are known. */
  runDue(second: number): void {
    for (let due = this.queue.takeDue(second); due; due = this.queue.takeDue(second)) {
      const { id, at } = due.value;
      if (this.dues.get(id) !== at) continue;
      this.dues.delete(id);
      const now = Math.max(at, this.timeline.now());
      this.timeline.pin(now);
      const act = new Act(this.world, BY_ITSELF);
      const subscription = this.world.store.subscriptions.get(id);
      if (!subscription) continue;
      happen(act, this.world.store.stateOf(subscription), at, now);
      this.enrol(id, now);
    }
  }

  private enrolAll(): void {
    if (this.hasAll) return;
    this.hasAll = true;
    for (const subscription of this.world.store.subscriptions.each()) {
      if (subscription.test_clock === this.testClock) this.enrol(subscription.id, -Infinity);
    }
  }

  private enrol(id: string, after: number): void {
    const subscription = this.world.store.subscriptions.get(id);
    const at = subscription && nextDue(this.world.store.stateOf(subscription), after, Math.max(after, this.timeline.now()));
    if (at === this.dues.get(id)) return;
    if (at === undefined) this.dues.delete(id);
    else {
      this.dues.set(id, at);
      this.queue.add(at, { id, at });
    }
  }
}
