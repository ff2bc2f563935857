import { Injectable } from '@nestjs/common';

import { CatalogCache, featureNotFound, type CachedFeature, type CatalogSnapshot } from '@app/catalog';
import { Clock, type KanaError, notFound } from '@app/common';

import { checkEntitlement } from './check-entitlement.js';
import { EntitlementQueries, type UserStanding } from './entitlement.queries.js';
import type { EntitlementAnswer, EntitlementInput, EntitlementQuestion } from './entitlement.types.js';
import { explainEntitlement } from './explain-entitlement.js';
import { WhyQueries, type Evidence } from './why.queries.js';

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

/** Usage comes with its own ledger; until then nobody has used anything. */
const USED = 0;

/** Answers what a user may use, and why (rules E1–E3, E5). One statement a call, however many questions. */
@Injectable()
export class EntitlementService {
  constructor(
    private readonly queries: EntitlementQueries,
    private readonly whys: WhyQueries,
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
    return questions.map((question) => {
      const standing = standings.get(question.userId);
      const feature = catalog.feature(question.featureId);
      if (standing === undefined) {
        return { kind: 'REFUSED', question, error: userNotFound() };
      }
      if (feature === undefined) {
        return { kind: 'REFUSED', question, error: featureNotFound(question.featureId) };
      }
      const found = question.explain ? evidence.get(standing.userKey) : undefined;
      return { kind: 'ANSWER', answer: answerOf(standing, inputOf(standing, feature, catalog, question.delta, now), found) };
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
    const entitlements = featuresOf(standing, catalog).map((feature) => answerOf(standing, inputOf(standing, feature, catalog, 1, now)));
    return { userId: standing.userId, asOf: now, syncedThrough: standing.syncedThrough, entitlements };
  }

  private catalogFor(standings: ReadonlyMap<string, UserStanding>, featureIds: readonly string[]): Promise<CatalogSnapshot> {
    const packageIds = [...standings.values()].flatMap(({ subscriptions }) => subscriptions.map(({ packageId }) => packageId));
    return this.catalog.snapshotWith({ featureIds, packageIds });
  }
}

function answerOf({ userId, syncedThrough }: UserStanding, input: EntitlementInput, evidence?: Evidence): EntitlementAnswer {
  const decision = checkEntitlement(input);
  const { access, reason, consumption } = decision;
  return {
    userId,
    featureId: input.feature.id,
    access,
    reason,
    consumption,
    asOf: input.now,
    syncedThrough,
    ...(evidence === undefined ? {} : { why: explainEntitlement(input, decision, evidence) }),
  };
}

function inputOf({ subscriptions }: UserStanding, feature: CachedFeature, catalog: CatalogSnapshot, delta: number, now: Date): EntitlementInput {
  return { feature, subscriptions, packages: catalog.packagesWithFeature(feature.id), delta, used: USED, now };
}

function featuresOf({ subscriptions }: UserStanding, catalog: CatalogSnapshot): CachedFeature[] {
  const ids = new Set(subscriptions.flatMap(({ packageId }) => [...(catalog.package(packageId)?.terms.keys() ?? [])]));
  return [...ids].toSorted().flatMap((id) => catalog.feature(id) ?? []);
}

function userNotFound(): KanaError {
  return notFound('user_not_found', 'No user has this id or alias.');
}
