/** The busiest second: when it began (ISO 8601) and how many requests it held. */
interface FullestSecond {
  at: string | null;
  count: number;
}

export interface RequestReport {
  total: number;
  byPath: Record<string, number>;
  fullestSecond: FullestSecond;
  fullestSecondByPath: Record<string, FullestSecond>;
}

/** Counts requests in a window of one second that slides with every request, as a limiter would have to allow them. */
class Meter {
  total = 0;
  private fullest: FullestSecond = { at: null, count: 0 };
  private recent: number[] = [];
  private first = 0;

  count(at: number): void {
    this.total += 1;
    this.recent.push(at);
    while ((this.recent[this.first] ?? at) <= at - 1000) this.first += 1;
    const within = this.recent.length - this.first;
    if (within > this.fullest.count) {
      this.fullest = { at: new Date(this.recent[this.first] ?? at).toISOString(), count: within };
    }
    if (this.first > 1_000) {
      this.recent = this.recent.slice(this.first);
      this.first = 0;
    }
  }

  fullestSecond(): FullestSecond {
    return this.fullest;
  }
}

/** What the sandbox was asked: by path pattern, and in its fullest second. */
export class RequestLog {
  private all = new Meter();
  private byPath = new Map<string, Meter>();

  /** `at` in milliseconds. */
  count(method: string, pattern: string, at: number): void {
    const path = `${method} ${pattern}`;
    const meter = this.byPath.get(path) ?? new Meter();
    this.byPath.set(path, meter);
    meter.count(at);
    this.all.count(at);
  }

  reset(): void {
    this.all = new Meter();
    this.byPath = new Map();
  }

  report(): RequestReport {
    const meters = [...this.byPath].sort(([a], [b]) => a.localeCompare(b));
    return {
      total: this.all.total,
      byPath: Object.fromEntries(meters.map(([path, meter]) => [path, meter.total])),
      fullestSecond: this.all.fullestSecond(),
      fullestSecondByPath: Object.fromEntries(meters.map(([path, meter]) => [path, meter.fullestSecond()])),
    };
  }
}
