/**
 * Usage said naively: every record is kept, every total is a sum over all of them, and boundaries are found by walking.
 * Knows nothing of the code under test.
 */
export interface ModelPackage {
  id: string;
  limit: number;
  resetPeriod: 'DAY' | 'MONTH' | 'YEAR' | null;
}

export interface ModelSubscription {
  package: ModelPackage;
  anchor: Date;
  access: boolean;
}

const DAY_MS = 86_400_000;

export class UsageModel {
  private readonly records: { at: number; amount: number }[] = [];
  private readonly held: ModelSubscription[] = [];

  holds(packageId: string): boolean {
    return this.held.some((one) => one.package.id === packageId);
  }

  pick(place: number): ModelSubscription | undefined {
    return this.held[place % Math.max(this.held.length, 1)];
  }

  subscribe(held: ModelPackage, anchor: Date): void {
    this.held.push({ package: held, anchor, access: true });
  }

  end(subscription: ModelSubscription): void {
    this.held.splice(this.held.indexOf(subscription), 1);
  }

  /** Whether it is taken. */
  record(action: 'ADD' | 'SET', delta: number, at: Date, now: Date): boolean {
    const total = this.usedAt(at);
    const amount = action === 'SET' ? delta - total : delta;
    if (action === 'SET' ? delta < 0 : delta < 0 && total + delta < 0) {
      return false;
    }
    this.records.push({ at: Math.min(at.getTime(), now.getTime()), amount });
    return true;
  }

  require(delta: number, now: Date): boolean {
    const winner = this.highest((one) => one.access);
    return winner !== undefined && this.usedAt(now) + delta <= winner.package.limit && this.record('ADD', delta, now, now);
  }

  /** In the period of that moment. */
  usedAt(moment: Date): number {
    const winner = this.highest((one) => one.access) ?? this.highest(() => true);
    if (winner === undefined) {
      return this.sum(() => true);
    }
    const [start, end] = boundsOf(winner, moment.getTime());
    return this.sum((at) => at >= start && at < end);
  }

  sum(counts: (at: number) => boolean): number {
    return this.records.filter(({ at }) => counts(at)).reduce((sum, { amount }) => sum + amount, 0);
  }

  private highest(counts: (one: ModelSubscription) => boolean): ModelSubscription | undefined {
    return this.held.filter(counts).toSorted((one, other) => other.package.limit - one.package.limit)[0];
  }
}

function boundsOf({ package: { resetPeriod }, anchor }: ModelSubscription, at: number): [number, number] {
  if (resetPeriod === null) {
    return at < anchor.getTime() ? [-Infinity, anchor.getTime()] : [anchor.getTime(), Infinity];
  }
  // From ten years before, one period after the other.
  for (let index = resetPeriod === 'DAY' ? -3650 : -120; ; index += 1) {
    const [start, end] = [boundary(resetPeriod, anchor, index), boundary(resetPeriod, anchor, index + 1)];
    if (start <= at && at < end) {
      return [start, end];
    }
  }
}

function boundary(resetPeriod: 'DAY' | 'MONTH' | 'YEAR', anchor: Date, index: number): number {
  if (resetPeriod === 'DAY') {
    return anchor.getTime() + index * DAY_MS;
  }
  const months = resetPeriod === 'MONTH' ? index : index * 12;
  const [year, month, day] = [anchor.getUTCFullYear(), anchor.getUTCMonth() + months, anchor.getUTCDate()];
  const wanted = Date.UTC(year, month, day);
  // A day that the month does not have would spill over into the next one: its last day instead.
  const spills = new Date(wanted).getUTCDate() !== day;
  return (spills ? Date.UTC(year, month + 1, 0) : wanted) + (anchor.getTime() % DAY_MS);
}
