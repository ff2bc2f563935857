import type Stripe from 'stripe';

import { UnreadableObjectError } from '../snapshots/read-values.js';
import type { CustomerSnapshot, PriceSnapshot, SubscriptionSnapshot } from '../snapshots/snapshots.js';
import type { Span } from './span.js';
import { StripeCallError } from './stripe-call.js';

/** One object of a page that cannot be carried over, and why. */
export interface UnreadableObject {
  id: string;
  /** The field and what is wrong with it. */
  problem: string;
}

interface Page {
  /** The last object of the page: where the next one starts; null on an empty page. */
  cursor: string | null;
  lastCreatedAt: string | null;
  hasMore: boolean;
}

interface DatedPage extends Page {
  /** When the states that the page shows were taken. */
  span: Span;
}

export interface SubscriptionPage extends DatedPage {
  subscriptions: SubscriptionSnapshot[];
  /** The customers of these subscriptions, each once. */
  customers: CustomerSnapshot[];
  /** The prices that the items carry, each once: inline ones are in no list (rule M4). */
  prices: PriceSnapshot[];
  unreadable: UnreadableObject[];
}

export interface CustomerPage extends DatedPage {
  customers: CustomerSnapshot[];
  unreadable: UnreadableObject[];
}

export const FIRST_PAGE: Page = { cursor: null, lastCreatedAt: null, hasMore: true };

/** Where a list goes on: after an object, or at the beginning (both null). */
export interface PageStart {
  readonly cursor: string | null;
  readonly lastCreatedAt: string | null;
  /** The stretch of `created` that is listed, whole seconds: `from <= created < before`; open where it is left out or null. */
  readonly from?: number | null;
  readonly before?: number | null;
}

export interface ListPosition {
  starting_after?: string;
  created?: { gte?: number; lt?: number; lte?: number };
}

export function startingAfter(after: string | null): { starting_after?: string } {
  return after === null ? {} : { starting_after: after };
}

/** The list of a stretch of `created`, after a cursor, or from the end of a second on: that second is read again. */
export function positionIn({ from, before }: PageStart, at: { readonly cursor: string | null } | { readonly through: number }): ListPosition {
  const above = 'through' in at ? { lte: at.through } : isBound(before) ? { lt: before } : {};
  const created = { ...(isBound(from) ? { gte: from } : {}), ...above };
  return { ...('cursor' in at ? startingAfter(at.cursor) : {}), ...(Object.keys(created).length > 0 ? { created } : {}) };
}

function isBound(second: number | null | undefined): second is number {
  return second !== null && second !== undefined;
}

export function pageOf(list: Stripe.ApiList<{ id: string; created: number }>): Page {
  const last = list.data.at(-1);
  if (list.has_more && last === undefined) {
    // Nowhere to go on from; to take it for the end would leave out the rest in silence.
    throw new StripeCallError('UNAVAILABLE', 'stripe_list_broken', 'Stripe says that a list goes on, and shows nothing of it. Try again later.');
  }
  return {
    cursor: last?.id ?? null,
    lastCreatedAt: last === undefined ? null : new Date(last.created * 1000).toISOString(),
    // A short page is no end of the list; only Stripe's own word is.
    hasMore: list.has_more,
  };
}

export interface ReadResult<Snapshot> {
  read: Snapshot[];
  unreadable: UnreadableObject[];
}

/** Reads each object by itself: one that cannot be read does not take the others with it. */
export function readEach<Raw extends { id: string }, Snapshot>(
  objects: readonly Raw[],
  read: (object: Raw, index: number) => Snapshot,
): ReadResult<Snapshot> {
  const result: ReadResult<Snapshot> = { read: [], unreadable: [] };
  objects.forEach((object, index) => {
    try {
      result.read.push(read(object, index));
    } catch (error) {
      if (!(error instanceof UnreadableObjectError)) {
        throw error;
      }
      result.unreadable.push({ id: object.id, problem: error.message });
    }
  });
  return result;
}
