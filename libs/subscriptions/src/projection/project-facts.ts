import type { SubscriptionSnapshot } from '@app/stripe';

import { isEndedStatus, readStatus } from './read-status.js';
import type { RecordFacts } from './records.js';

/** What a connection decides about access (rule S2). */
export interface ProjectionPolicy {
  readonly pastDueGraceDays: number;
  readonly pausedCollectionGivesAccess: boolean;
}

/** One thing that must be a package subscription: a mapped item, or the Stripe subscription as a whole. */
export interface Target {
  readonly projectionKey: string;
  readonly userKey: string;
  readonly packageId: string;
  readonly itemId: string | null;
  readonly priceId: string | null;
  readonly quantity: number | null;
  readonly createdAt: string;
  readonly currentPeriodStart: string | null;
  readonly currentPeriodEnd: string | null;
}

interface FactsInput {
  readonly subscription: SubscriptionSnapshot;
  readonly policy: ProjectionPolicy;
  readonly observedAt: string;
}

const DAY_MS = 86_400_000;
/** Stripe stamps the first items a second or so after their subscription: 1679609767 and …68 in its own example. */
const FIRST_ITEMS_MS = 60_000;

/** The facts of a record that begins now, from Stripe's words alone. */
export function projectFacts({ subscription, policy, observedAt }: FactsInput, target: Target): RecordFacts {
  const startedAt = startOf(subscription, target);
  return {
    userKey: target.userKey,
    packageId: target.packageId,
    status: readStatus(subscription.status),
    stripeStatus: subscription.status,
    quantity: target.quantity,
    ...accessOf(subscription, target, policy),
    startedAt,
    currentPeriodStart: target.currentPeriodStart,
    currentPeriodEnd: target.currentPeriodEnd,
    trialEnd: subscription.trialEnd,
    cancelAt: subscription.cancelAt,
    cancelAtPeriodEnd: subscription.cancelAtPeriodEnd,
    pauseBehavior: subscription.pauseBehavior,
    pauseResumesAt: subscription.pauseResumesAt,
    endedAt: isEndedStatus(subscription.status) ? later(endOf(subscription, observedAt), startedAt) : null,
    usageAnchor: startedAt,
    continues: null,
    stripeItemId: target.itemId,
    stripePriceId: target.priceId,
    projectionKey: target.projectionKey,
  };
}

/**
 * Only ACTIVE and TRIALING give access (rule S2), and not with a quantity of 0 (rule S6). A grace period counts from
 * the beginning of the unpaid period; Stripe tells no other time. Where items are billed at different intervals, it was
 * the latest period that could not be paid, and it holds up all of them.
 */
function accessOf(
  subscription: SubscriptionSnapshot,
  target: Target,
  policy: ProjectionPolicy,
): Pick<RecordFacts, 'givesAccess' | 'accessUntil'> {
  const status = readStatus(subscription.status);
  const none = { givesAccess: false, accessUntil: null };
  if (target.quantity === 0 || (subscription.pauseBehavior !== null && !policy.pausedCollectionGivesAccess)) {
    return none;
  }
  const unpaidSince = subscription.items.map(({ currentPeriodStart }) => currentPeriodStart).reduce(latest, null);
  if (status === 'PAST_DUE' && policy.pastDueGraceDays > 0 && unpaidSince !== null) {
    const until = new Date(Date.parse(unpaidSince) + policy.pastDueGraceDays * DAY_MS);
    return { givesAccess: true, accessUntil: until.toISOString() };
  }
  return status === 'ACTIVE' || status === 'TRIALING' ? { givesAccess: true, accessUntil: null } : none;
}

/** Stripe's start date; an item that was added later began when it was added. */
function startOf(subscription: SubscriptionSnapshot, target: Target): string {
  const isAdded = Date.parse(target.createdAt) - Date.parse(subscription.createdAt) > FIRST_ITEMS_MS;
  return isAdded ? target.createdAt : subscription.startDate;
}

/**
 * When what ends now has ended: Stripe's time, where Stripe ended the subscription and tells it. `canceledAt` of one that
 * goes on is only when its cancellation was asked for.
 */
export function endOf(subscription: SubscriptionSnapshot, observedAt: string): string {
  return isEndedStatus(subscription.status) ? (subscription.endedAt ?? subscription.canceledAt ?? observedAt) : observedAt;
}

/** Times of one form: their order as texts is that of time. */
export function later(one: string, other: string): string {
  return one > other ? one : other;
}

function latest(one: string | null, other: string | null): string | null {
  return one === null || other === null ? (one ?? other) : later(one, other);
}
