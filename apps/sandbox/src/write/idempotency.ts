import type { AccountClock } from '../clock/account-clock.js';
import { ApiFault, badRequest } from '../http/faults.js';

/** An answer as it was given first: what every repetition gets. */
export interface SavedAnswer {
  status: number;
  body: object;
  requestId: string;
}

interface Entry {
  /** Method and path, and all parameters. */
  request: { target: string; parameters: string };
  at: number;
  answer: SavedAnswer | undefined;
}

/** What came of one key: how often it was sent, answered from memory, and really changed something. */
export interface KeyUse {
  requests: number;
  replays: number;
  mutations: number;
}

const LONGEST_KEY = 255;
const KEPT_MS = 24 * 3_600_000;
const MOST_KEYS = 100_000;
/** Answers are larger than counts. */
const MOST_ANSWERS = 20_000;

/** Stripe's idempotency: one key, one effect, one answer, for a day of the account's clock. */
export class Idempotency {
  private readonly entries = new Map<string, Entry>();
  private readonly uses = new Map<string, KeyUse>();

  constructor(private readonly clock: AccountClock) {}

  /**
   * The answer to repeat, or undefined when the request is the first with this key. Throws Stripe's errors: other
   * parameters or another path under a known key, a key that is under way, one that is too long.
   */
  begin(key: string, request: Entry['request']): SavedAnswer | undefined {
    if (key.length > LONGEST_KEY) throw badRequest(`Idempotency keys have ${LONGEST_KEY} characters at most.`);
    this.use(key).requests += 1;
    const known = this.current(key);
    if (!known) {
      this.remember(key, { request, at: this.clock.nowMs(), answer: undefined });
      return undefined;
    }
    demandSame(key, known.request, request);
    if (!known.answer) throw inUse(key);
    this.use(key).replays += 1;
    return known.answer;
  }

  /** From now on this is the key's answer. */
  save(key: string, answer: SavedAnswer): void {
    const entry = this.entries.get(key);
    if (entry) entry.answer = answer;
  }

  /** Nothing was begun under the key: the request was ill-formed, or refused before it counted. */
  forget(key: string): void {
    this.entries.delete(key);
  }

  countMutation(key: string): void {
    this.use(key).mutations += 1;
  }

  /** By key, the oldest first. */
  report(): Record<string, KeyUse> {
    return Object.fromEntries(Array.from(this.uses, ([key, use]) => [key, { ...use }]));
  }

  private current(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (!entry || this.clock.nowMs() - entry.at < KEPT_MS) return entry;
    this.entries.delete(key);
    return undefined;
  }

  private remember(key: string, entry: Entry): void {
    this.entries.set(key, entry);
    if (this.entries.size > MOST_ANSWERS) dropOldest(this.entries);
  }

  private use(key: string): KeyUse {
    const use = this.uses.get(key) ?? { requests: 0, replays: 0, mutations: 0 };
    this.uses.set(key, use);
    if (this.uses.size > MOST_KEYS) dropOldest(this.uses);
    return use;
  }
}

function dropOldest(map: Map<string, unknown>): void {
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}

function demandSame(key: string, known: Entry['request'], request: Entry['request']): void {
  const other = `Try using a key other than '${key}' if you meant to execute a different request.`;
  if (known.target !== request.target) {
    throw idempotencyError(
      400,
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ` +
        `('${request.target}' vs '${known.target}'). ${other}`,
    );
  }
  if (known.parameters === request.parameters) return;
  throw idempotencyError(
    400,
    `Keys for idempotent requests can only be used with the same parameters they were first used with. ${other}`,
  );
}

function inUse(key: string): ApiFault {
  const message =
    `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, ` +
    `and the other request is still going through): ${key}. Please try again later.`;
  return idempotencyError(409, message, 'idempotency_key_in_use');
}

function idempotencyError(status: 400 | 409, message: string, code?: string): ApiFault {
  return new ApiFault({ status, type: 'idempotency_error', message, ...(code === undefined ? {} : { code }) });
}
