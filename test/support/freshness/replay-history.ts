import { type Bounds, NEVER, type ObjectHint, type ObjectRow, type PageVerdict, settleEvents, settlePage, type Settlement } from '@app/sync';

import type { Delivery, History, Request, Version } from './draw-history.js';

/** A rule for which reading may overwrite which; the real one, or one that is known to be wrong. */
export interface Rule {
  settle(row: ObjectRow<Version>, events: readonly ObjectHint<Version>[]): Settlement<Version>;
  page(row: Bounds, reading: Bounds, isSame: boolean): PageVerdict;
  /** When a reading's state was taken, as the rule believes. */
  span(sentAt: number, answeredAt: number, dated: number): Bounds;
  /** Whether readings of one object wait for each other. */
  readonly oneAtATime: boolean;
}

const same = (one: Version, other: Version): boolean => one.value === other.value;

/** The rule of freshness, as the product has it. */
export const FRESHNESS: Rule = {
  settle: (row, events) => settleEvents(row, events, same),
  page: settlePage,
  span: (sentAt, answeredAt, dated) => {
    const rtt = Math.ceil((answeredAt - sentAt) / 1000);
    return { from: Math.floor(dated / 1000) - rtt, to: Math.floor(dated / 1000) + rtt };
  },
  oneAtATime: true,
};

export interface Replayed {
  /** What the row holds when all is quiet. */
  readonly value: string | null;
  /** Versions in the order in which they were written. */
  readonly written: readonly Version[];
  readonly reads: number;
  readonly served: number;
}

/** Lets a history happen, millisecond by millisecond, to a row that is kept by a rule. */
export function replayHistory(history: History, rule: Rule): Replayed {
  return new Replay(history, rule).run();
}

interface Action {
  readonly at: number;
  readonly do: () => void;
}

class Replay {
  private readonly actions: Action[] = [];
  private readonly open = new Map<string, Delivery>();
  private readonly seen = new Set<string>();
  private readonly written: Version[] = [];
  private bounds = NEVER;
  private sweptTo = NEVER.to;
  private now = 0;
  private leased = false;
  private needsRead = false;
  private reads = 0;
  private served = 0;

  constructor(
    private readonly history: History,
    private readonly rule: Rule,
  ) {}

  run(): Replayed {
    this.history.deliveries.forEach((delivery) => this.plan(delivery.at, () => this.receive(delivery)));
    this.history.sweeps.forEach(({ at, request }) => this.plan(at, () => this.sweep(request)));
    for (let next = this.actions.shift(); next !== undefined; next = this.actions.shift()) {
      this.now = next.at;
      next.do();
    }
    return { value: this.written.at(-1)?.value ?? null, written: this.written, reads: this.reads, served: this.served };
  }

  private plan(at: number, what: () => void): void {
    const index = this.actions.findIndex((action) => action.at > at);
    this.actions.splice(index === -1 ? this.actions.length : index, 0, { at, do: what });
  }

  private receive(delivery: Delivery): void {
    if (!this.seen.has(delivery.id)) {
      this.seen.add(delivery.id);
      this.open.set(delivery.id, delivery);
    }
    this.drain();
  }

  private drain(): void {
    if (this.leased && this.rule.oneAtATime) {
      return;
    }
    const events = [...this.open.values()];
    const { stale, next } = this.rule.settle({ bounds: this.bounds, snapshot: this.written.at(-1) ?? null, sweptTo: this.sweptTo }, events);
    stale.forEach((id) => this.open.delete(id));
    if (this.needsRead || next.kind === 'READ') {
      this.needsRead = false;
      this.read([...this.open.keys()]);
    } else if (next.kind === 'PAYLOAD') {
      this.served += 1;
      this.open.clear();
      this.write(next.body, next.bounds);
    }
  }

  private read(settles: readonly string[]): void {
    const request = this.history.reads[this.reads % this.history.reads.length];
    this.reads += 1;
    if (request === undefined) {
      return;
    }
    this.leased = true;
    settles.forEach((id) => !this.rule.oneAtATime && this.open.delete(id));
    this.ask(request, (version, bounds) => {
      settles.forEach((id) => this.open.delete(id));
      this.leased = false;
      this.write(version, bounds);
      this.drain();
    });
  }

  private sweep(request: Request): void {
    this.ask(request, (version, bounds) => {
      this.page(version, bounds);
      this.sweptTo = Math.max(this.sweptTo, bounds.to);
      this.drain();
    });
  }

  private page(version: Version, bounds: Bounds): void {
    const stored = this.written.at(-1);
    const isKnown = this.bounds.to > NEVER.to || this.leased;
    const verdict = this.leased && this.rule.oneAtATime ? 'READ' : this.rule.page(this.bounds, bounds, stored !== undefined && same(version, stored));
    if (!isKnown || verdict === 'WRITE') {
      this.put(version);
    } else {
      this.needsRead ||= verdict === 'READ';
    }
  }

  /** The state is taken on the way, and used later; what it was is decided when it is used. */
  private ask(request: Request, use: (version: Version, bounds: Bounds) => void): void {
    const sentAt = this.now;
    const takenAt = sentAt + request.toState;
    const answeredAt = takenAt + request.toAnswer;
    const dated = sentAt + (answeredAt - sentAt) * request.stamp + request.skew;
    const version = this.history.versions.findLast(({ at }) => at <= takenAt) ?? this.history.versions[0];
    if (version !== undefined) {
      this.plan(answeredAt + request.toUse, () => use(version, this.rule.span(sentAt, answeredAt, dated)));
    }
  }

  private write(version: Version, { from, to }: Bounds): void {
    this.bounds = { from: Math.max(this.bounds.from, from), to: Math.max(this.bounds.to, to) };
    this.put(version);
  }

  private put(version: Version): void {
    if (version.value !== this.written.at(-1)?.value) {
      this.written.push(version);
    }
  }
}
