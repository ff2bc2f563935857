/**
 * How far each poll reads back beyond the one before it. `created` has whole seconds, and an event may be shown late, after
 * younger ones; seconds are seen. What is shown later than this only a sweep finds.
 */
export const OVERLAP_SECONDS = 60;

/** Stripe lists events for 30 days. The last hour of them may vanish while it is read. */
const SURELY_LISTED_SECONDS = 30 * 86_400 - 3600;

/** An event that no webhook has brought by then was missed, not late. */
const WEBHOOK_GRACE_SECONDS = 30;

/** An event's place in Stripe's list. */
export interface EventMark {
  readonly id: string;
  readonly created: number;
}

/** A poll under way: it reads from the newest event back to its floor. All times are whole seconds by Stripe's clock. */
export interface PollPass {
  /** Before the list was first asked for. */
  readonly began: number;
  /** Events before this need not be read. */
  readonly floor: number;
  /** Where the next page begins. */
  readonly cursor: EventMark | null;
  /** The newest event met that is no later than the floor of the next poll, which therefore must meet it. */
  readonly anchor: EventMark | null;
  readonly hasMetAnchor: boolean;
  /** Whether a webhook had brought the newest event from which one can tell; null = none yet. */
  readonly delivered: boolean | null;
  /** From when on events have been missed for good; null = none, as far as is known. */
  readonly gapSince: number | null;
}

/** What a poll goes by. */
export interface PollGround {
  /** When the last completed poll began; before the first one, when the first import began whose outcome counts. Null = nothing was read yet. */
  readonly from: number | null;
  /** An event from before the floor that earlier polls have met: if Stripe still lists what it listed, it is met again. */
  readonly anchor: EventMark | null;
  readonly pass: PollPass | null;
}

/** A page of Stripe's event list. */
export interface PolledPage {
  /** All its events, newest first, whatever their types. */
  readonly marks: readonly EventMark[];
  readonly hasMore: boolean;
  readonly span: { readonly lo: number; readonly hi: number };
  /** Of the events that Kana handles, those that a webhook has brought, and those that none has. */
  readonly delivered: ReadonlySet<string>;
  readonly undelivered: ReadonlySet<string>;
}

/** Where the next page is to be read; `since` null = however far back it reaches. */
export interface PollPosition {
  readonly since: number | null;
  readonly after: EventMark | null;
}

/** Back to the anchor, even where it is older than the floor: that it is met shows that the list reaches so far. */
export function resolvePollPosition({ from, anchor, pass }: PollGround): PollPosition {
  const floor = pass?.floor ?? (from === null ? null : from - OVERLAP_SECONDS);
  return { since: floor === null ? null : Math.min(floor, anchor?.created ?? floor), after: pass?.cursor ?? null };
}

/** The pass after a page, and whether it has come to its end. */
export function resolvePollPass(ground: PollGround, page: PolledPage): { readonly pass: PollPass; readonly isComplete: boolean } {
  const before = ground.pass ?? begin(ground, page.span.lo);
  const last = page.marks.at(-1);
  const reachesFloor = last !== undefined && last.created < before.floor;
  const pass = {
    ...before,
    cursor: last ?? before.cursor,
    anchor: before.anchor ?? page.marks.find(({ created }) => created <= before.began - OVERLAP_SECONDS) ?? null,
    hasMetAnchor: before.hasMetAnchor || page.marks.some(({ id }) => id === ground.anchor?.id),
    delivered: before.delivered ?? deliveryOf(page),
  };
  if (page.hasMore && !reachesFloor) {
    return { pass, isComplete: false };
  }
  return { pass: { ...pass, gapSince: pass.gapSince ?? gapAt(ground, pass, page, reachesFloor) }, isComplete: true };
}

/** Away for longer than Stripe lists events, there is no use in reading them all: only a sweep heals that, and reads everything. */
function begin({ from }: PollGround, now: number): PollPass {
  const start = Math.min(from ?? now, now);
  const isLost = now - start > SURELY_LISTED_SECONDS;
  return {
    began: now,
    floor: (isLost ? now : start) - OVERLAP_SECONDS,
    cursor: null,
    anchor: null,
    hasMetAnchor: false,
    delivered: null,
    gapSince: isLost ? start : null,
  };
}

/** Whether the list may have ended before it came to where it was to be read to. */
function gapAt({ from, anchor }: PollGround, pass: PollPass, { span }: PolledPage, reachesFloor: boolean): number | null {
  const isListed = (created: number): boolean => span.lo - created <= SURELY_LISTED_SECONDS;
  const isAnchorLost = anchor !== null && isListed(anchor.created) && !pass.hasMetAnchor && !reachesFloor;
  return isAnchorLost || !isListed(pass.floor) ? Math.min(from ?? pass.began, pass.began) : null;
}

function deliveryOf({ marks, span, delivered, undelivered }: PolledPage): boolean | null {
  for (const { id, created } of marks) {
    if (delivered.has(id)) {
      return true;
    }
    if (undelivered.has(id) && span.lo - created > WEBHOOK_GRACE_SECONDS) {
      return false;
    }
  }
  return null;
}
