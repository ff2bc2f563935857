import type { UsageSpan } from './usage.types.js';

/** Totals by user, feature and period, as they stand while a batch is decided record by record. */
export class PeriodTotals {
  private readonly totals = new Map<string, number>();

  constructor(known: Iterable<{ readonly span: UsageSpan; readonly used: number }>) {
    for (const { span, used } of known) {
      this.set(span, used);
    }
  }

  has(span: UsageSpan): boolean {
    return this.totals.has(spanKey(span));
  }

  get(span: UsageSpan): number {
    const total = this.totals.get(spanKey(span));
    if (total === undefined) {
      throw new RangeError('The total of this period was not read.');
    }
    return total;
  }

  set(span: UsageSpan, total: number): void {
    this.totals.set(spanKey(span), total);
  }
}

/** Equal for spans that are equal. */
export function spanKey({ userKey, featureId, period: { start, end } }: UsageSpan): string {
  return JSON.stringify([userKey, featureId, start?.getTime() ?? null, end?.getTime() ?? null]);
}

/** One user and one feature. */
export function ownerKey({ userKey, featureId }: Pick<UsageSpan, 'userKey' | 'featureId'>): string {
  return JSON.stringify([userKey, featureId]);
}
