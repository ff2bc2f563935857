import { setTimeout as sleep } from 'node:timers/promises';

import { Injectable, Logger } from '@nestjs/common';

import { ImportLedger, RangeLedger, type RangeResource, type RangeState, type RangesToHelp } from '@app/sync';

import { RangeRunner } from './range-runner.js';
import type { Demand, RangeContext } from './range.types.js';

/** Ranges that one process goes through side by side: some wait for Stripe, some for their turn to be written. */
const AT_ONCE = 6;
const LEASE_RENEWAL_MS = 10_000;
/** How soon to look again for a range, with hands free and without. */
const LOOK_AGAIN_MS = 100;
const LOOK_ROUND_MS = 500;

export interface CrewContext extends RangeContext {
  /** Names this worker process. */
  readonly owner: string;
}

/** Goes through a run's ranges of one list, this process's share of them side by side. */
@Injectable()
export class RangeCrew {
  private readonly logger = new Logger(RangeCrew.name);
  private readonly lists = new Set<string>();

  constructor(
    private readonly runs: ImportLedger,
    private readonly ranges: RangeLedger,
    private readonly runner: RangeRunner,
  ) {}

  /**
   * As the run's leader: until every range is read to its end, those of other processes too.
   *
   * @throws the first error that a page met with; LeaseLostError where another worker leads the run, or it goes on no more
   */
  async lead(context: CrewContext, number: number, resource: RangeResource): Promise<void> {
    await this.ranges.begin(context.run, number, resource);
    await this.work(context, resource, async () => {
      await this.runs.assertLed(context.run);
      return (await this.ranges.left(context.run, resource)).open === 0;
    });
  }

  /** Beside the leader: until there is nothing left to take. */
  async help(context: CrewContext, resource: RangeResource): Promise<void> {
    await this.work(context, resource, () => Promise.resolve(true));
  }

  /** Whether this process takes part already. */
  isAtWorkOn({ run, resource }: RangesToHelp): boolean {
    return this.lists.has(`${run.id} ${resource}`);
  }

  private async work(context: CrewContext, resource: RangeResource, isOver: () => Promise<boolean>): Promise<void> {
    const { run, owner, signal } = context;
    const shift = new Shift(signal);
    const list = `${run.id} ${resource}`;
    this.lists.add(list);
    const heartbeat = setInterval(() => void this.keep(context, shift), LEASE_RENEWAL_MS);
    try {
      for (;;) {
        shift.throwIfStopped();
        const taken = shift.idle === 0 ? [] : await this.ranges.claim(run, resource, owner, shift.idle);
        taken.forEach((range) => shift.begin(range, this.runner.work({ ...context, signal: shift.signal }, range, shift)));
        const { free, sharePercent } = await this.ranges.left(run, resource);
        shift.noteFree(free);
        context.throttle.sharePercent = sharePercent;
        if (shift.isEmpty && (await isOver())) {
          return;
        }
        await shift.change();
      }
    } finally {
      clearInterval(heartbeat);
      this.lists.delete(list);
      await this.ranges.release(run, await shift.end());
    }
  }

  private async keep({ run }: CrewContext, shift: Shift): Promise<void> {
    try {
      await this.ranges.keep(run, shift.held);
    } catch (error) {
      this.logger.warn({ err: error }, 'The leases of ranges could not be renewed');
    }
  }
}

/** The ranges that this process has in hand, and what it knows of those that nobody has. */
class Shift implements Demand {
  private readonly stopping = new AbortController();
  readonly signal: AbortSignal;
  private readonly working = new Map<Promise<void>, RangeState>();
  private failure: { readonly error: unknown } | null = null;
  /** Parts that are being written down. */
  private coming = 0;
  private free = 0;
  private wake: () => void = () => undefined;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.stopping.signal]);
  }

  get idle(): number {
    return AT_ONCE - this.working.size;
  }

  get isEmpty(): boolean {
    return this.working.size === 0;
  }

  get held(): RangeState[] {
    return [...this.working.values()];
  }

  begin(range: RangeState, work: Promise<void>): void {
    const over = work.catch((error: unknown) => this.fail(error)).finally(() => {
      this.working.delete(over);
      this.wake();
    });
    this.working.set(over, range);
  }

  noteFree(free: number): void {
    this.free = free;
  }

  /** One to spare: whoever ends a range, here or elsewhere, finds the next at once. */
  wanted(): number {
    return Math.max(0, this.idle + 1 - this.free - this.coming);
  }

  offer(parts: number, arrived: Promise<void>): void {
    if (parts > 0) {
      this.coming += parts;
      const over = (): void => {
        this.coming -= parts;
      };
      arrived.then(() => {
        over();
        this.free += parts;
        this.wake();
      }, over);
    }
  }

  throwIfStopped(): void {
    if (this.failure !== null) {
      throw this.failure.error;
    }
    this.signal.throwIfAborted();
  }

  /** Until there is something to do: a range has ended or was split, or it is time to look. */
  async change(): Promise<void> {
    const pause = new AbortController();
    const changed = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    await Promise.race([changed, sleep(this.idle > 0 ? LOOK_AGAIN_MS : LOOK_ROUND_MS, undefined, { signal: pause.signal }).catch(() => undefined)]);
    pause.abort();
  }

  /** Lets what is under way end, and gives what was not read to its end. */
  async end(): Promise<RangeState[]> {
    this.stopping.abort();
    const { held } = this;
    await Promise.all(this.working.keys());
    return held;
  }

  /** The first counts: what the others meet with comes of it. */
  private fail(error: unknown): void {
    this.failure ??= { error };
    this.stopping.abort();
  }
}

