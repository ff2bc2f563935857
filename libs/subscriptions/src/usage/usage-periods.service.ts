import { Injectable } from '@nestjs/common';

import { CatalogCache, featureNotFound } from '@app/catalog';
import { Clock } from '@app/common';

import { contextOf, userNotFound } from '../entitlements/entitlement-answer.js';
import { EntitlementQueries } from '../entitlements/entitlement.queries.js';
import { resolveUsageTerms } from '../entitlements/resolve-grants.js';
import type { UsagePeriod, UsageTerms } from './period.types.js';
import { resolvePeriod, resolvePreviousPeriod } from './resolve-period.js';
import { featureNotConsumable } from './usage.errors.js';
import { UsageQueries } from './usage.queries.js';
import type { UsageInPeriod } from './usage.types.js';

/** Which part of a list of periods. */
export interface PeriodRange {
  /** The start of the last period of the part before. */
  readonly before?: Date;
  readonly limit: number;
}

/** Shows what a user used of a feature, period by period, by the terms of now. */
@Injectable()
export class UsagePeriodsService {
  constructor(
    private readonly standings: EntitlementQueries,
    private readonly usage: UsageQueries,
    private readonly catalog: CatalogCache,
    private readonly clock: Clock,
  ) {}

  /**
   * The current period and those before it, the youngest first, back to the anchor or to the first usage, whichever is
   * earlier.
   *
   * @throws KanaError `user_not_found`, `feature_not_found`, `feature_not_consumable`
   */
  async list(userId: string, featureId: string, { before, limit }: PeriodRange): Promise<UsageInPeriod[]> {
    const standings = await this.standings.standings([userId]);
    const standing = standings.get(userId);
    if (standing === undefined) {
      throw userNotFound();
    }
    const catalog = await this.catalog.snapshotWith({ featureIds: [featureId], packageIds: standing.subscriptions.map(({ packageId }) => packageId) });
    const feature = catalog.feature(featureId);
    if (feature === undefined) {
      throw featureNotFound(featureId);
    }
    if (feature.type === 'BINARY') {
      throw featureNotConsumable(featureId);
    }
    const now = this.clock.now();
    const terms = resolveUsageTerms(contextOf(standing, feature, catalog, now));
    const floor = earlier(terms?.anchor ?? null, await this.usage.firstUse(standing.userKey, featureId));
    const youngest = before === undefined || before > now ? now : new Date(before.getTime() - 1);
    const periods = periodsBack(terms, youngest, floor, limit);
    const used = await this.usage.usedInPeriods(standing.userKey, featureId, periods);
    return periods.map((period, index) => ({ period, used: used[index] ?? 0, current: isIn(period, now) }));
  }
}

/** From the period of a moment back to that of the floor: at most so many. */
function periodsBack(terms: UsageTerms | null, youngest: Date, floor: Date | null, limit: number): UsagePeriod[] {
  const periods: UsagePeriod[] = [];
  let period: UsagePeriod | null = resolvePeriod(terms, youngest);
  while (period !== null && periods.length < limit && isWanted(period, floor)) {
    periods.push(period);
    period = resolvePreviousPeriod(terms, period);
  }
  return periods;
}

function isWanted({ end }: UsagePeriod, floor: Date | null): boolean {
  return end === null || (floor !== null && end > floor);
}

function isIn({ start, end }: UsagePeriod, at: Date): boolean {
  return (start === null || start <= at) && (end === null || at < end);
}

function earlier(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) {
    return one ?? other;
  }
  return one < other ? one : other;
}
