import { type Bounds } from './bounds.js';

/** How far an event's `created` may lie from the state in its body, in seconds. */
export const EVENT_GAP_SECONDS = 2;

/** An event that says that one object may have changed. */
export interface ObjectHint<Body> {
  readonly id: string;
  /** Stripe's `created`, whole seconds. */
  readonly created: number;
  /** The object as the event shows it; null where it shows something else, or nothing that can be read. */
  readonly body: Body | null;
  /** Whole, in our API version, under no test clock: only such a body may stand in for a read. */
  readonly servable: boolean;
}

/** What is known of the object before. */
export interface ObjectRow<Body> {
  readonly bounds: Bounds;
  /** null = never seen. */
  readonly snapshot: Body | null;
  /**
   * Up to when a sweep may have read this object, whether or not it wrote it: a sweep writes no unchanged row, and yet what
   * it has read is newer than an event of before.
   */
  readonly sweptTo: number;
}

export interface Settlement<Body> {
  /** Events whose change is certainly in the row already. */
  readonly stale: readonly string[];
  readonly next:
    /** Every event was stale. */
    | { readonly kind: 'NOTHING' }
    /** The newest body is provably the newest state, or equal to the row. */
    | { readonly kind: 'PAYLOAD'; readonly eventId: string; readonly body: Body; readonly bounds: Bounds }
    /** Stripe has to be asked. The reading settles exactly these events: all of them were received before. */
    | { readonly kind: 'READ' };
}

/**
 * Decides what a set of events about one object means for its row: which change nothing, and whether the newest body may be
 * taken or Stripe must be read. Events come late, twice and in any order, and several share one second, so that the time of
 * an event alone decides nothing.
 *
 * @param same whether two bodies are equal in the fields that Kana stores
 */
export function settleEvents<Body>(
  row: ObjectRow<Body>,
  events: readonly ObjectHint<Body>[],
  same: (one: Body, other: Body) => boolean,
): Settlement<Body> {
  const isStale = (event: ObjectHint<Body>): boolean => event.created < row.bounds.from;
  const stale = events.filter(isStale).map(({ id }) => id);
  const open = events.filter((event) => !isStale(event));
  const newest = open.reduce<ObjectHint<Body> | null>((best, event) => (best === null || event.created > best.created ? event : best), null);
  if (newest === null) {
    return { stale, next: { kind: 'NOTHING' } };
  }
  const { body } = newest;
  if (body === null || !isSure(newest, body, open, same) || !mayServe(row, newest, body, same)) {
    return { stale, next: { kind: 'READ' } };
  }
  const bounds = { from: newest.created - EVENT_GAP_SECONDS, to: newest.created + EVENT_GAP_SECONDS };
  return { stale, next: { kind: 'PAYLOAD', eventId: newest.id, body, bounds } };
}

/** Whether no other event of the set could show a newer state. */
function isSure<Body>(newest: ObjectHint<Body>, body: Body, open: readonly ObjectHint<Body>[], same: (one: Body, other: Body) => boolean): boolean {
  return (
    newest.servable &&
    open.every((event) => event === newest || event.created < newest.created - EVENT_GAP_SECONDS || (event.body !== null && same(event.body, body)))
  );
}

function mayServe<Body>(row: ObjectRow<Body>, { created }: ObjectHint<Body>, body: Body, same: (one: Body, other: Body) => boolean): boolean {
  return created - EVENT_GAP_SECONDS > Math.max(row.bounds.to, row.sweptTo) || (row.snapshot !== null && same(body, row.snapshot));
}
