import type { RequestRates } from './resolve-rates.js';

const SECOND = 1000;
/** How far ahead work that can wait takes slots: so long, at most, work that cannot stands behind it. */
const HORIZON_MS = 250;
/** How long work that can wait keeps away after work that cannot had to queue. */
const YIELD_MS = 100;
/** A 429 takes away so much of the rate … */
const LOWERED = 0.7;
/** … down to this share … */
const LOWEST = 0.1;
/** … at most once in this time: what was under way with it is answered 429, too. */
const LOWERED_ONCE_MS = 1000;
/** What comes back a second. */
const RAISED = 0.02;
/** After so long at the latest an import that keeps itself back asks again: it may have been told another share meanwhile. */
const LOOK_AGAIN_MS = 500;
/** Nothing is asked for so long after a 429. */
const REST_MS = 250;

/** When the next request may leave, and how much of the rate was learnt. Times are milliseconds by the database's clock. */
interface Pace {
  /** Of an endpoint: after its last slot, and after a rest. Of the account: after a rest. */
  readonly nextAt: number;
  /** Of the rate, just after it was lowered. */
  readonly factor: number;
  readonly loweredAt: number;
}

/** What the processes of a connection know together of its requests. */
export interface BudgetState {
  readonly all: Pace;
  /**
   * When requests leave, of whatever endpoint, in ascending order: those to come, and the last before them. A slot taken ahead on one
   * endpoint leaves the time before it to the others.
   */
  readonly taken?: readonly number[];
  readonly endpoints: Readonly<Record<string, Pace>>;
  /** Until then work that can wait keeps away. */
  readonly yieldUntil: number;
  /** When the last request of an import left that keeps itself back, in all and of each endpoint. */
  readonly heldBack?: { readonly all: number; readonly endpoints: Readonly<Record<string, number>> };
}

export interface SlotRequest {
  /** `GET /v1/subscriptions/:id`. */
  readonly endpoint: string;
  /** `FIRST`: an event waits for it, or a person. `LATER`: an import's page, or a sample. */
  readonly priority: 'FIRST' | 'LATER';
  /** Whether more of the same process stand behind it. */
  readonly isQueued: boolean;
  /** Of an import that keeps itself back: the rates that it keeps to. */
  readonly within?: RequestRates;
}

/** `GO` in so many milliseconds, or `ASK_AGAIN` then. */
export interface SlotAnswer {
  readonly kind: 'GO' | 'ASK_AGAIN';
  readonly inMs: number;
}

const FRESH: Pace = { nextAt: 0, factor: 1, loweredAt: 0 };
export const UNUSED: BudgetState = { all: FRESH, endpoints: {}, yieldUntil: 0 };

/**
 * Finds the next free slot for one request. Slots are evenly spaced, of the endpoint and in all, so that no second has more
 * than its share however many processes ask.
 */
export function resolveSlot(state: BudgetState, { endpoint, priority, isQueued, within }: SlotRequest, rates: RequestRates, now: number): { state: BudgetState; answer: SlotAnswer } {
  if (priority === 'LATER' && state.yieldUntil > now) {
    return { state, answer: { kind: 'ASK_AGAIN', inMs: state.yieldUntil - now } };
  }
  // It takes no slot ahead: nobody is to stand behind one that waits of its own will.
  const turnIn = within === undefined ? 0 : turnOf(state, endpoint, within) - now;
  if (turnIn > 0) {
    return { state, answer: { kind: 'ASK_AGAIN', inMs: Math.min(turnIn, LOOK_AGAIN_MS) } };
  }
  const own = state.endpoints[endpoint] ?? FRESH;
  const gap = spacing(rates.all, state.all, now);
  const earliest = Math.max(now, own.nextAt);
  const { taken = [] } = state;
  const at = firstGap(taken, Math.max(earliest, state.all.nextAt), gap);
  if (priority === 'LATER' && at - now > HORIZON_MS) {
    return { state, answer: { kind: 'ASK_AGAIN', inMs: at - now - HORIZON_MS } };
  }
  // It is the whole account that is short, not this endpoint: only then does it help that others keep away.
  const isCrowded = priority === 'FIRST' && isQueued && at > earliest;
  const next: BudgetState = {
    ...state,
    taken: gap === 0 ? [] : withSlot(taken.filter((slot) => slot > now - gap), at),
    endpoints: { ...state.endpoints, [endpoint]: { ...own, nextAt: at + spacing(rates.endpoint, own, now) } },
    yieldUntil: isCrowded ? at + gap + YIELD_MS : state.yieldUntil,
    ...(within === undefined ? {} : { heldBack: { all: at, endpoints: { ...state.heldBack?.endpoints, [endpoint]: at } } }),
  };
  return { state: next, answer: { kind: 'GO', inMs: at - now } };
}

/** The first moment from `earliest` on that keeps this distance from all slots that are taken. */
function firstGap(taken: readonly number[], earliest: number, gap: number): number {
  let at = earliest;
  for (const slot of taken) {
    if (slot >= at + gap) {
      break;
    }
    at = Math.max(at, slot + gap);
  }
  return at;
}

function withSlot(taken: readonly number[], at: number): number[] {
  return [...taken, at].toSorted((one, other) => one - other);
}

/** When an import that keeps itself back may ask again. Of its last request, so that another share counts at once. */
function turnOf({ heldBack }: BudgetState, endpoint: string, within: RequestRates): number {
  const gap = (rate: number): number => (rate === 0 ? 0 : SECOND / rate);
  return Math.max((heldBack?.all ?? 0) + gap(within.all), (heldBack?.endpoints[endpoint] ?? 0) + gap(within.endpoint));
}

/** Milliseconds from one request to the next. */
function spacing(rate: number, pace: Pace, now: number): number {
  return rate === 0 ? 0 : SECOND / (rate * factorOf(pace, now));
}

function factorOf({ factor, loweredAt }: Pace, now: number): number {
  return Math.min(1, factor + ((now - loweredAt) / SECOND) * RAISED);
}

/**
 * Stripe answered 429: somebody else uses the account, too, or its limits are lower than is thought.
 *
 * @param reason Stripe’s `Stripe-Rate-Limited-Reason`: `global-…` is about the account, all else about the endpoint
 */
export function lowerRate(state: BudgetState, endpoint: string, reason: string | null, now: number): BudgetState {
  if (reason?.startsWith('global') === true) {
    return { ...state, all: lowered(state.all, now) };
  }
  return { ...state, endpoints: { ...state.endpoints, [endpoint]: lowered(state.endpoints[endpoint] ?? FRESH, now) } };
}

function lowered(pace: Pace, now: number): Pace {
  if (now - pace.loweredAt < LOWERED_ONCE_MS) {
    return pace;
  }
  return { nextAt: Math.max(pace.nextAt, now) + REST_MS, factor: Math.max(LOWEST, factorOf(pace, now) * LOWERED), loweredAt: now };
}
