import type { CachedFeature, CatalogSnapshot } from '@app/catalog';
import { type KanaError, notFound } from '@app/common';

import { hasRunOut } from '../manual/read-run-out.js';
import { resolvePeriod } from '../usage/resolve-period.js';
import type { UsagePeriod } from '../usage/period.types.js';
import { checkEntitlement } from './check-entitlement.js';
import type { UserStanding } from './entitlement.queries.js';
import type { EntitlementAnswer, EntitlementContext, EntitlementDecision, EntitlementInput } from './entitlement.types.js';
import { explainEntitlement } from './explain-entitlement.js';
import { resolveUsageTerms } from './resolve-grants.js';
import type { Evidence } from './why.queries.js';

export const userNotFound = (): KanaError => notFound('user_not_found', 'No user has this id or alias.');

/** What a user holds of a feature, as the decision takes it: what has run out has ended, whether written down yet or not. */
export function contextOf({ subscriptions }: UserStanding, feature: CachedFeature, catalog: CatalogSnapshot, now: Date): EntitlementContext {
  const open = subscriptions.filter((subscription) => !hasRunOut(subscription, now));
  return { feature, subscriptions: open, packages: catalog.packagesWithFeature(feature.id), now };
}

/** The period that a moment counts in for this user and feature; null when no terms bound it. */
export function periodAt(context: EntitlementContext, at: Date): UsagePeriod | null {
  const terms = resolveUsageTerms(context);
  return terms === null ? null : resolvePeriod(terms, at);
}

export function answerOf(standing: UserStanding, input: EntitlementInput, evidence?: Evidence): EntitlementAnswer {
  const decision = checkEntitlement(input);
  const answer = answerWith(standing, input, decision);
  return evidence === undefined ? answer : { ...answer, why: explainEntitlement(input, decision, evidence) };
}

export function answerWith({ userId, syncedThrough }: UserStanding, { feature, now }: EntitlementContext, decision: EntitlementDecision): EntitlementAnswer {
  const { access, reason, consumption } = decision;
  return { userId, featureId: feature.id, access, reason, consumption, asOf: now, syncedThrough };
}
