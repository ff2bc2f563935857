import { isDeepStrictEqual } from 'node:util';

import type { CustomerSnapshot, ItemSnapshot, SubscriptionSnapshot } from '@app/stripe';
import type { DriftFact, DriftKind } from '@app/sync';

import type { RecordChange } from '../applier/describe-result.js';
import type { ExistingRecord } from '../projection/records.js';

type Field = Pick<DriftFact, 'kind' | 'field' | 'before' | 'after'>;

const SUBSCRIPTION_KINDS: Readonly<Record<Exclude<keyof SubscriptionSnapshot, 'id' | 'items'>, DriftKind>> = {
  customerId: 'OTHER',
  status: 'STATUS',
  currency: 'OTHER',
  createdAt: 'OTHER',
  startDate: 'OTHER',
  trialEnd: 'TRIAL',
  cancelAt: 'CANCELLATION',
  cancelAtPeriodEnd: 'CANCELLATION',
  canceledAt: 'CANCELLATION',
  endedAt: 'CANCELLATION',
  pauseBehavior: 'PAUSE',
  pauseResumesAt: 'PAUSE',
  scheduleId: 'OTHER',
  pendingUpdate: 'OTHER',
};
const ITEM_KINDS: Readonly<Record<Exclude<keyof ItemSnapshot, 'id'>, DriftKind>> = {
  priceId: 'PRICE',
  productId: 'PRICE',
  quantity: 'QUANTITY',
  currentPeriodStart: 'PERIOD',
  currentPeriodEnd: 'PERIOD',
  createdAt: 'OTHER',
};
const CUSTOMER_KINDS: Readonly<Record<Exclude<keyof CustomerSnapshot, 'id'>, DriftKind>> = {
  email: 'CUSTOMER',
  name: 'CUSTOMER',
  deleted: 'CUSTOMER',
  createdAt: 'CUSTOMER',
  userIdHint: 'CUSTOMER',
};

/** One subscription that Kana had otherwise than Stripe, or did not have. */
export interface SubscriptionDifference {
  readonly before: SubscriptionSnapshot | null;
  /** As it is from now on: of one that is gone, as Kana has ended it. */
  readonly after: SubscriptionSnapshot;
  readonly isGone: boolean;
  readonly userKey: string | null;
  readonly changes: readonly RecordChange[];
}

/** Tells field by field in what a subscription differed, and what it stood for; empty = in nothing that is stored. */
export function describeSubscriptionDrift({ before, after, isGone, userKey, changes }: SubscriptionDifference): DriftFact[] {
  const fields = before === null ? [missing('subscription', after.status)] : subscriptionFields(before, after, isGone);
  const all = [...fields, ...changes.flatMap(recordField)];
  return all.map((field) => ({ objectType: 'SUBSCRIPTION', objectId: after.id, userKey, ...field }));
}

export function describeCustomerDrift(before: CustomerSnapshot | null, after: CustomerSnapshot, userKey: string | null): DriftFact[] {
  const fields = before === null ? [missing('customer', after.email)] : differing('', CUSTOMER_KINDS, before, after);
  return fields.map((field) => ({ objectType: 'CUSTOMER', objectId: after.id, userKey, ...field }));
}

function missing(field: string, after: unknown): Field {
  return { kind: 'MISSING', field, before: null, after };
}

function subscriptionFields(before: SubscriptionSnapshot, after: SubscriptionSnapshot, isGone: boolean): Field[] {
  const own = differing('', SUBSCRIPTION_KINDS, before, after);
  return [...(isGone ? own.map((field): Field => ({ ...field, kind: 'GONE' })) : own), ...itemFields(before.items, after.items)];
}

function itemFields(before: readonly ItemSnapshot[], after: readonly ItemSnapshot[]): Field[] {
  const [had, has] = [byId(before), byId(after)];
  return [...new Set([...had.keys(), ...has.keys()])].flatMap((id) => {
    const [old, now] = [had.get(id), has.get(id)];
    const name = `items[${id}]`;
    return old === undefined || now === undefined
      ? [{ kind: 'ITEMS', field: name, before: shownItem(old), after: shownItem(now) } as const]
      : differing(`${name}.`, ITEM_KINDS, old, now);
  });
}

function byId(items: readonly ItemSnapshot[]): Map<string, ItemSnapshot> {
  return new Map(items.map((item) => [item.id, item]));
}

function shownItem(item: ItemSnapshot | undefined): Pick<ItemSnapshot, 'priceId' | 'quantity'> | null {
  return item === undefined ? null : { priceId: item.priceId, quantity: item.quantity };
}

function differing<Snapshot extends object, Key extends keyof Snapshot & string>(
  prefix: string,
  kinds: Readonly<Record<Key, DriftKind>>,
  before: Snapshot,
  after: Snapshot,
): Field[] {
  const keys = Object.keys(kinds) as Key[];
  return keys
    .filter((key) => before[key] !== after[key])
    .map((key) => ({ kind: kinds[key], field: `${prefix}${key}`, before: before[key], after: after[key] }));
}

/** What a person sees of a package subscription; its periods and times follow from the item. */
type ShownRecord = Pick<ExistingRecord, 'packageId' | 'status' | 'quantity' | 'givesAccess'>;

function recordField({ before, after }: RecordChange): Field[] {
  const [old, now] = [before && shownRecord(before), shownRecord(after)];
  return isDeepStrictEqual(old, now) ? [] : [{ kind: 'PACKAGES', field: `packageSubscriptions[${after.id}]`, before: old, after: now }];
}

function shownRecord({ packageId, status, quantity, givesAccess }: ExistingRecord): ShownRecord {
  return { packageId, status, quantity, givesAccess };
}
