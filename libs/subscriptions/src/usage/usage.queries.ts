import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { isoTime, sqlRows } from '@app/common';

import type { UserStanding } from '../entitlements/entitlement.queries.js';
import type { UsagePeriod } from './period.types.js';
import { ALL_TIME, isSamePeriod } from './resolve-period.js';
import { sumPeriods } from './sum-periods.js';

/** What is asked of one user and one feature; `period` null = all usage there is. */
export interface CountedSpan {
  readonly standing: Pick<UserStanding, 'userKey' | 'counts'>;
  readonly featureId: string;
  readonly period: UsagePeriod | null;
}

/** Reads usage. Never writes. */
@Injectable()
export class UsageQueries {
  constructor(private readonly em: EntityManager) {}

  /**
   * What was used in each span. From the counters that came with the users where those are of the period asked for; the
   * others are added up in one statement.
   */
  async usedIn<Span extends CountedSpan>(spans: readonly Span[]): Promise<Map<Span, number>> {
    const used = new Map<Span, number>();
    const others: { span: Span; period: UsagePeriod }[] = [];
    for (const span of spans) {
      const count = span.standing.counts.get(span.featureId);
      const period = span.period ?? ALL_TIME;
      if (count === undefined || isSamePeriod(count.period, period)) {
        used.set(span, count?.used ?? 0);
      } else {
        others.push({ span, period });
      }
    }
    const sums = await this.sum(others.map(({ span, period }) => ({ userKey: span.standing.userKey, featureId: span.featureId, period })));
    for (const [index, { span }] of others.entries()) {
      used.set(span, sums[index] ?? 0);
    }
    return used;
  }

  /** What one user used of one feature in each of these periods. */
  async usedInPeriods(userKey: string, featureId: string, periods: readonly UsagePeriod[]): Promise<number[]> {
    return this.sum(periods.map((period) => ({ userKey, featureId, period })));
  }

  /** When the user first used the feature; null when never. */
  async firstUse(userKey: string, featureId: string): Promise<Date | null> {
    const [row] = await sqlRows<{ occurred_at: string }>(
      this.em.fork(),
      `select occurred_at from usage_record where user_key = $1 and feature_id = $2 order by occurred_at limit 1`,
      [userKey, featureId],
    );
    return row === undefined ? null : new Date(isoTime(row.occurred_at));
  }

  private sum(spans: Parameters<typeof sumPeriods>[1]): Promise<number[]> {
    return sumPeriods(this.em.fork(), spans);
  }
}
