import { Injectable } from '@nestjs/common';

import { CatalogCache, featureNotFound, type CachedFeature, type CatalogSnapshot } from '@app/catalog';
import { Clock, type KanaError } from '@app/common';

import { hasRunOut } from '../manual/read-run-out.js';
import { type CountedSpan, UsageQueries } from '../usage/usage.queries.js';
import { answerOf, contextOf, periodAt, userNotFound } from './entitlement-answer.js';
import { EntitlementQueries, type UserStanding } from './entitlement.queries.js';
import type { EntitlementAnswer, EntitlementContext, EntitlementQuestion } from './entitlement.types.js';
import { WhyQueries } from './why.queries.js';

/** What became of one question of a batch. */
export type EntitlementOutcome =
  | { readonly kind: 'ANSWER'; readonly answer: EntitlementAnswer }
  | { readonly kind: 'REFUSED'; readonly question: EntitlementQuestion; readonly error: KanaError };

/** All that one user has. */
export interface UserEntitlements {
  readonly userId: string;
  readonly asOf: Date;
  readonly syncedThrough: Date | null;
  /** One for each feature of the packages subscribed to, in the order of feature ids. */
  readonly entitlements: readonly EntitlementAnswer[];
}

/** A user and a feature that are known, with the period that is asked about. */
interface Asked extends CountedSpan {
  readonly standing: UserStanding;
  readonly context: EntitlementContext;
}

/**
 * Answers what a user may use, and why (rules E1–E5). One statement a call, however many questions; a second one only
 * where a usage counter stands at another period than the current one.
 */
@Injectable()
export class EntitlementService {
  constructor(
    private readonly queries: EntitlementQueries,
    private readonly whys: WhyQueries,
    private readonly usage: UsageQueries,
    private readonly catalog: CatalogCache,
    private readonly clock: Clock,
  ) {}

  /** @throws KanaError `user_not_found`, `feature_not_found` (rule E5) */
  async check(question: EntitlementQuestion): Promise<EntitlementAnswer> {
    const [outcome] = await this.checkMany([question]);
    if (outcome?.kind !== 'ANSWER') {
      throw outcome?.error ?? new RangeError('One question has one outcome.');
    }
    return outcome.answer;
  }

  /** In the order of the questions. */
  async checkMany(questions: readonly EntitlementQuestion[]): Promise<EntitlementOutcome[]> {
    const standings = await this.queries.standings([...new Set(questions.map(({ userId }) => userId))]);
    const explained = questions.filter(({ explain }) => explain).flatMap(({ userId }) => standings.get(userId)?.userKey ?? []);
    const evidence = await this.whys.evidence([...new Set(explained)]);
    const catalog = await this.catalogFor(standings, questions.map(({ featureId }) => featureId));
    const now = this.clock.now();
    const resolved = questions.map((question) => resolve(question, standings, catalog, now));
    const used = await this.usage.usedIn(resolved.flatMap((one) => (one.kind === 'ASKED' ? [one] : [])));
    return resolved.map((one) => {
      if (one.kind === 'REFUSED') {
        return one;
      }
      const found = one.question.explain ? evidence.get(one.standing.userKey) : undefined;
      return { kind: 'ANSWER', answer: answerOf(one.standing, { ...one.context, delta: one.question.delta, period: one.period, used: used.get(one) ?? 0 }, found) };
    });
  }

  /** @throws KanaError `user_not_found` */
  async listFor(userId: string): Promise<UserEntitlements> {
    const standings = await this.queries.standings([userId]);
    const standing = standings.get(userId);
    if (standing === undefined) {
      throw userNotFound();
    }
    const catalog = await this.catalogFor(standings, []);
    const now = this.clock.now();
    const asked = featuresOf(standing, catalog, now).map((feature) => askedOf(standing, contextOf(standing, feature, catalog, now)));
    const used = await this.usage.usedIn(asked);
    const entitlements = asked.map((one) => answerOf(standing, { ...one.context, delta: 1, period: one.period, used: used.get(one) ?? 0 }));
    return { userId: standing.userId, asOf: now, syncedThrough: standing.syncedThrough, entitlements };
  }

  private catalogFor(standings: ReadonlyMap<string, UserStanding>, featureIds: readonly string[]): Promise<CatalogSnapshot> {
    const packageIds = [...standings.values()].flatMap(({ subscriptions }) => subscriptions.map(({ packageId }) => packageId));
    return this.catalog.snapshotWith({ featureIds, packageIds });
  }
}

type Resolved = ({ readonly kind: 'ASKED'; readonly question: EntitlementQuestion } & Asked) | Extract<EntitlementOutcome, { kind: 'REFUSED' }>;

function resolve(question: EntitlementQuestion, standings: ReadonlyMap<string, UserStanding>, catalog: CatalogSnapshot, now: Date): Resolved {
  const standing = standings.get(question.userId);
  const feature = catalog.feature(question.featureId);
  if (standing === undefined) {
    return { kind: 'REFUSED', question, error: userNotFound() };
  }
  if (feature === undefined) {
    return { kind: 'REFUSED', question, error: featureNotFound(question.featureId) };
  }
  return { kind: 'ASKED', question, ...askedOf(standing, contextOf(standing, feature, catalog, now)) };
}

function askedOf(standing: UserStanding, context: EntitlementContext): Asked {
  const { feature, now } = context;
  return { standing, context, featureId: feature.id, period: feature.type === 'BINARY' ? null : periodAt(context, now) };
}

function featuresOf({ subscriptions }: UserStanding, catalog: CatalogSnapshot, now: Date): CachedFeature[] {
  const open = subscriptions.filter((subscription) => !hasRunOut(subscription, now));
  const ids = new Set(open.flatMap(({ packageId }) => [...(catalog.package(packageId)?.terms.keys() ?? [])]));
  return [...ids].toSorted().flatMap((id) => catalog.feature(id) ?? []);
}
