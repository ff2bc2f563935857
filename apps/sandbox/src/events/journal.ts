import type { AccountClock } from '../clock/account-clock.js';
import { Collection } from '../store/collection.js';
import type { NewIds } from '../store/new-ids.js';
import { idOf } from '../store/states.js';
import type { ObjectState } from '../store/states.js';
import type { Stamps } from '../stamping/stamps.js';
import { BY_ITSELF } from './event-record.js';
import type { Cause, EventRecord } from './event-record.js';

/** Stripe lists and tells events for so long. */
const KEPT_SECONDS = 30 * 24 * 3_600;
/** Tests see older ones, too; beyond so many the first are forgotten. */
const MOST_EVENTS = 300_000;

/** What happened, before it is stamped. */
export interface Happening {
  type: string;
  state: ObjectState;
  before?: ObjectState;
  cause?: Cause;
  /** In milliseconds; the account's now by default. Objects under a test clock have a time of their own. */
  at?: number;
  /** Instead of what would be stamped. */
  created?: number;
  apiVersion?: string;
  livemode?: boolean;
  account?: string;
}

/** All events of the account, and whoever is told of them. */
export class Journal {
  /** The account's default version, which events are made in. */
  apiVersion: string;
  private readonly collection = new Collection<EventRecord>((event) => (isListed(event) ? ['listed'] : []), []);
  /** Events whose bodies follow what becomes of their objects for a while. */
  private open: EventRecord[] = [];
  private readonly listeners: ((event: EventRecord) => void)[] = [];

  constructor(
    private readonly clock: AccountClock,
    private readonly ids: NewIds,
    private readonly stamps: Stamps,
    apiVersion: string,
  ) {
    this.apiVersion = apiVersion;
  }

  onEvent(listener: (event: EventRecord) => void): void {
    this.listeners.push(listener);
  }

  record(happening: Happening): EventRecord {
    const at = happening.at ?? this.clock.nowMs();
    this.followUp(happening.state);
    const event: EventRecord = {
      id: this.ids.next('evt_1'),
      created: happening.created ?? this.stamps.created(at),
      type: happening.type,
      at,
      state: happening.state,
      before: happening.before,
      cause: happening.cause ?? BY_ITSELF,
      apiVersion: happening.apiVersion ?? this.apiVersion,
      livemode: happening.livemode ?? false,
      account: happening.account,
      deliveries: { pending: 0, failed: 0 },
      openUntil: at + this.stamps.bodyDelay(),
    };
    if (event.openUntil > at) this.open.push(event);
    this.collection.add(event);
    if (this.collection.size > MOST_EVENTS) this.collection.removeFirst();
    for (const listener of this.listeners) listener(event);
    return event;
  }

  /** Open bodies show the new state of their object, too. */
  private followUp(state: ObjectState): void {
    if (this.open.length === 0) return;
    const now = this.clock.nowMs();
    this.open = this.open.filter((event) => event.openUntil >= now);
    for (const event of this.open) if (isSameObject(event.state, state)) event.state = state;
  }

  /** Unless it is older than Stripe keeps. */
  get(id: string): EventRecord | undefined {
    const event = this.collection.get(id);
    return event && event.created >= this.oldest() ? event : undefined;
  }

  /** Vanished ones among them: a query must not go below `oldest`. */
  get events(): Collection<EventRecord> {
    return this.collection;
  }

  /** The oldest second that is still told. */
  oldest(): number {
    return this.clock.now() - KEPT_SECONDS;
  }
}

function isSameObject(one: ObjectState, other: ObjectState): boolean {
  return one.kind === other.kind && one.kind !== 'other' && idOf(one) === idOf(other);
}

/** Events of connected accounts and of the other mode are told and can be read by id, but they are not this list's. */
function isListed(event: EventRecord): boolean {
  return event.account === undefined && !event.livemode;
}
