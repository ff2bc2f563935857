import type { PriceResolution } from '@app/mapping';
import type { ItemSnapshot, SubscriptionSnapshot } from '@app/stripe';

import { endOf, later, projectFacts, type ProjectionPolicy, type Target } from './project-facts.js';
import { isEndedStatus, readStatus } from './read-status.js';
import type { ExistingRecord, RecordFacts } from './records.js';

/** After every time that Stripe tells. */
const LAST = '~';

export interface ProjectionInput {
  readonly subscription: SubscriptionSnapshot;
  /** The user behind the customer, or why there is none yet (rule U6). */
  readonly user: { readonly key: string } | { readonly conflict: string };
  readonly prices: ReadonlyMap<string, PriceResolution>;
  /** The package that the subscription as a whole stands for, beside its items (rule M3); null = none. */
  readonly wholePackageId: string | null;
  /** All records of this Stripe subscription, ended ones too. */
  readonly existing: readonly ExistingRecord[];
  readonly policy: ProjectionPolicy;
  /** When the snapshot was read, RFC 3339: the time of what Stripe gives no time for, such as a removed item. */
  readonly observedAt: string;
}

/** What must become of the records and items of one Stripe subscription. */
export interface Projection {
  readonly begin: readonly RecordFacts[];
  readonly update: readonly ExistingRecord[];
  /** For each item why it became nothing; null = it is carried over. */
  readonly parked: ReadonlyMap<string, string | null>;
  /** Every reason that a person may ask about, each once, sorted. */
  readonly reasons: readonly string[];
}

/**
 * Decides what Kana's records must be, given what Stripe says (rules S1–S6, M3, M6). Plain data in, a decision out: the
 * same for a webhook, an import, a mapping change and a preview. Given its own result as `existing`, it changes nothing.
 */
export function projectSubscription(input: ProjectionInput): Projection {
  const parked = parkItems(input);
  const targets = targetsOf(input, parked);
  const update: ExistingRecord[] = [];
  const begin: RecordFacts[] = [];
  const open = new Map(input.existing.filter(({ endedAt }) => endedAt === null).map((record) => [record.projectionKey, record]));

  for (const target of targets) {
    const record = open.get(target.projectionKey);
    open.delete(target.projectionKey);
    if (record === undefined) {
      begin.push(...beginning(input, target, lastOf(input.existing, target)));
    } else if (record.packageId === target.packageId) {
      update.push(...changed(record, { ...continuing(input, target, record), userKey: target.userKey }));
    } else {
      const left = ended(input, record);
      update.push(left);
      begin.push(...beginning(input, target, left));
    }
  }
  // What is still open has lost its item, its price's mapping or its package.
  update.push(...[...open.values()].map((record) => ended(input, record)));
  return { begin, update, parked, reasons: reasonsOf(input, parked) };
}

function parkItems({ subscription, user, prices }: ProjectionInput): Map<string, string | null> {
  return new Map(
    subscription.items.map((item) => {
      const resolution = prices.get(item.priceId);
      if (resolution?.kind !== 'PACKAGE') {
        return [item.id, resolution?.reason ?? 'PRICE_UNMAPPED'];
      }
      return [item.id, 'conflict' in user ? user.conflict : null];
    }),
  );
}

function targetsOf(input: ProjectionInput, parked: ReadonlyMap<string, string | null>): Target[] {
  const { user, subscription, prices, wholePackageId } = input;
  if ('conflict' in user) {
    return [];
  }
  const targets = subscription.items.flatMap((item): Target[] => {
    const resolution = prices.get(item.priceId);
    return parked.get(item.id) === null && resolution?.kind === 'PACKAGE'
      ? [itemTarget(user.key, item, resolution.packageId)]
      : [];
  });
  return wholePackageId === null ? targets : [wholeTarget(user.key, subscription, wholePackageId), ...targets];
}

function itemTarget(userKey: string, item: ItemSnapshot, packageId: string): Target {
  return {
    projectionKey: item.id,
    userKey,
    packageId,
    itemId: item.id,
    priceId: item.priceId,
    quantity: item.quantity,
    createdAt: item.createdAt,
    currentPeriodStart: item.currentPeriodStart,
    currentPeriodEnd: item.currentPeriodEnd,
  };
}

function wholeTarget(userKey: string, subscription: SubscriptionSnapshot, packageId: string): Target {
  const next = subscription.items.toSorted(byPeriod)[0];
  return {
    projectionKey: subscription.id,
    userKey,
    packageId,
    itemId: null,
    priceId: null,
    quantity: null,
    createdAt: subscription.createdAt,
    currentPeriodStart: next?.currentPeriodStart ?? null,
    currentPeriodEnd: next?.currentPeriodEnd ?? null,
  };
}

/** The period that ends first comes first: items may differ, and Stripe lists them in no order that lasts. */
function byPeriod(one: ItemSnapshot, other: ItemSnapshot): number {
  const periodOf = ({ currentPeriodEnd, currentPeriodStart }: ItemSnapshot): string => `${currentPeriodEnd ?? LAST} ${currentPeriodStart ?? LAST}`;
  return periodOf(one) < periodOf(other) ? -1 : 1;
}

/** The last record of the same item, or subscription: the one that no other continues. */
function lastOf(existing: readonly ExistingRecord[], { projectionKey }: Target): ExistingRecord | null {
  const own = existing.filter((record) => record.projectionKey === projectionKey);
  const continued = new Set(own.map(({ continues }) => continues));
  return own.filter(({ id }) => !continued.has(id)).toSorted((one, other) => other.sequence - one.sequence)[0] ?? null;
}

/**
 * A new record. It continues the last one of the same item: a swap to another package inherits the usage anchor.
 * What Stripe has ended, and Kana has seen before, begins nothing: an ended record is never revived.
 */
function beginning(input: ProjectionInput, target: Target, last: ExistingRecord | null): RecordFacts[] {
  if (last === null) {
    return [projectFacts(input, target)];
  }
  if (isEndedStatus(input.subscription.status)) {
    return [];
  }
  const startedAt = later(input.observedAt, last.endedAt ?? last.startedAt);
  return [{ ...projectFacts(input, target), startedAt, usageAnchor: last.usageAnchor, continues: last.id }];
}

/** The facts of a record that goes on: when it started and where its usage counts from do not change. */
function continuing(input: ProjectionInput, target: Target, record: ExistingRecord): RecordFacts {
  const { startedAt, usageAnchor, continues } = record;
  const facts = projectFacts(input, target);
  return { ...facts, startedAt, usageAnchor, continues, endedAt: facts.endedAt && later(facts.endedAt, startedAt) };
}

function changed(record: ExistingRecord, facts: RecordFacts): ExistingRecord[] {
  const keys = Object.keys(facts) as (keyof RecordFacts)[];
  return keys.some((key) => record[key] !== facts[key]) ? [{ ...record, ...facts }] : [];
}

/** Never before it began: our clock, or a test clock's, may be behind Stripe's. */
function ended({ subscription, observedAt }: ProjectionInput, record: ExistingRecord): ExistingRecord {
  return {
    ...record,
    status: isEndedStatus(subscription.status) ? readStatus(subscription.status) : 'CANCELLED',
    stripeStatus: subscription.status,
    givesAccess: false,
    accessUntil: null,
    endedAt: later(endOf(subscription, observedAt), record.startedAt),
  };
}

function reasonsOf({ subscription, user }: ProjectionInput, parked: ReadonlyMap<string, string | null>): string[] {
  const reasons = new Set([...parked.values()].filter((reason) => reason !== null));
  if ('conflict' in user) {
    reasons.add(user.conflict);
  }
  if (subscription.items.some(({ quantity }) => quantity === 0)) {
    reasons.add('QUANTITY_ZERO');
  }
  if (readStatus(subscription.status) === 'UNKNOWN') {
    reasons.add('STATUS_UNKNOWN');
  }
  return [...reasons].toSorted();
}
