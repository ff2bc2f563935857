import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { SEED } from '../../../../test/support/seed.js';
import { checkCancel } from './check-cancel.js';
import { checkSubscribe } from './check-subscribe.js';
import type { HeldPackage, WantedPackage } from './manual.types.js';

const RUNS = 1000;

/** Five packages; bases are 0 and 1, and 2 where it is none. */
const catalog = fc
  .tuple(fc.boolean(), fc.array(fc.record({ requiresBase: fc.boolean(), bases: fc.subarray(['p0', 'p1', 'p2']) }), { minLength: 2, maxLength: 2 }))
  .map(([third, addons]): WantedPackage[] => [
    ...['p0', 'p1'].map((id) => packageOf(id, false, false, [])),
    packageOf('p2', third, third, []),
    ...addons.map(({ requiresBase, bases }, index) => packageOf(`p${index + 3}`, true, requiresBase, bases)),
  ]);

/** An hour from the beginning; null = no end. */
const hour = fc.option(fc.integer({ min: 0, max: 30 }));
const step = fc.oneof(
  fc.record({ kind: fc.constant('SUBSCRIBE' as const), packages: fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 }), ends: hour }),
  fc.record({ kind: fc.constant('END' as const), which: fc.nat(20), ends: hour, withAddons: fc.boolean() }),
  fc.record({ kind: fc.constant('WAIT' as const), hours: fc.integer({ min: 0, max: 8 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer Kind> ? Kind : never;

function packageOf(packageId: string, isAddon: boolean, requiresBase: boolean, basePackageIds: string[]): WantedPackage {
  return { packageId, status: 'PUBLISHED', isAddon, requiresBase, basePackageIds };
}

/** One user in a Kana without Stripe, hour by hour. */
class OneUser {
  private hours = 0;
  private made = 0;
  private all: HeldPackage[] = [];
  accepted = 0;

  constructor(private readonly packages: readonly WantedPackage[]) {}

  take(taken: Step): void {
    if (taken.kind === 'WAIT') {
      this.hours += taken.hours;
    } else if (taken.kind === 'SUBSCRIBE') {
      this.subscribe(taken.packages.flatMap((index) => this.packages[index] ?? []), this.later(taken.ends));
    } else {
      this.end(taken.which, taken.ends === null ? null : this.later(taken.ends), taken.withAddons);
    }
  }

  /** Each hour from now on, and whoever breaks a rule then. */
  broken(): string[] {
    return Array.from({ length: 60 }, (_, index) => timeOf(this.hours + index)).flatMap((time) => {
      const live = this.liveAt(time);
      const bases = live.filter(({ isAddon }) => !isAddon);
      const lost = live.filter(
        ({ isAddon, requiresBase, basePackageIds: names }) => isAddon && requiresBase && !bases.some(({ packageId }) => names.length === 0 || names.includes(packageId)),
      );
      const twice = live.filter((one) => live.some((other) => other !== one && other.packageId === one.packageId));
      return [...(bases.length > 1 ? [`${time}: ${bases.length} bases`] : []), ...[...lost, ...twice].map(({ packageId }) => `${time}: ${packageId}`)];
    });
  }

  private subscribe(wanted: readonly WantedPackage[], endsAt: string | null): void {
    if (endsAt === timeOf(this.hours) || checkSubscribe({ held: this.liveAt(timeOf(this.hours)), wanted, endsAt }).kind !== 'OK') {
      return;
    }
    this.accepted += 1;
    for (const { status: _status, ...role } of wanted) {
      this.made += 1;
      this.all.push({ ...role, subscriptionId: `psub_${this.made}`, source: 'KANA', endsAt });
    }
  }

  private end(which: number, endsAt: string | null, withAddons: boolean): void {
    const now = timeOf(this.hours);
    const found = this.all[which % Math.max(1, this.all.length)];
    if (found === undefined) {
      return;
    }
    const live = this.liveAt(now);
    const target = { ...found, ended: !live.includes(found) };
    const verdict = checkCancel({ target, endsAt, now, others: live.filter((one) => one !== found), withAddons });
    if (verdict.kind === 'OK') {
      this.accepted += 1;
      this.all = this.all.map((one) => (one === found || verdict.along.includes(one) ? { ...one, endsAt } : one));
    }
  }

  private liveAt(time: string): HeldPackage[] {
    return this.all.filter(({ endsAt }) => endsAt === null || endsAt > time);
  }

  private later(hours: number | null): string | null {
    return hours === null ? null : timeOf(this.hours + hours);
  }
}

function timeOf(hours: number): string {
  return new Date(Date.parse('2026-03-01T12:00:00.000Z') + hours * 3_600_000).toISOString();
}

describe(`any calls in any order (seed ${SEED}, ${RUNS} runs)`, () => {
  it('leave one base package at most, and no add-on without its base, now and at any later time', () => {
    let accepted = 0;
    fc.assert(
      fc.property(catalog, fc.array(step, { maxLength: 25 }), (packages, steps) => {
        const user = new OneUser(packages);
        for (const taken of steps) {
          user.take(taken);
          expect(user.broken()).toEqual([]);
        }
        accepted += user.accepted;
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // Else nothing was shown.
    expect(accepted).toBeGreaterThan(RUNS / 2);
  });
});
