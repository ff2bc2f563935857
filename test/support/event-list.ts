import { type AskedOfStripe, type FakeAnswer, type FakeStripe, startFakeStripe, stripeFault } from './fake-stripe.js';
import { type Wire, wireCustomer, wireList } from './stripe-wire.js';

const KEPT_SECONDS = 30 * 86_400;

/** An event as the list holds it. */
export interface ListedEvent {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  /** From when on the list shows it. */
  readonly shownAt: number;
  readonly object: Wire;
}

/** Stripe's list of events, with a clock of its own that stands still: for what no real list does on demand. */
export class EventList {
  /** Whole seconds. */
  now = 1_800_000_000;
  readonly asked: URLSearchParams[] = [];
  /** Answers instead of the list, once. */
  instead: (() => FakeAnswer)[] = [];
  /** Before each answer. */
  onAsked: () => void = () => undefined;
  private events: ListedEvent[] = [];

  /** An empty list, some days later. */
  begin(): void {
    this.wipe();
    this.now += 10 * 86_400;
    this.asked.length = 0;
    this.instead = [];
    this.onAsked = () => undefined;
  }

  /** An update of a customer of its own, `secondsAgo`; shown at once unless said otherwise. */
  happen(id: string, secondsAgo = 0, { type = 'customer.updated', shownIn = 0 } = {}): ListedEvent {
    const object = type.startsWith('customer.') ? wireCustomer(`cus_${id}`) : { id: `obj_${id}`, object: 'charge' };
    const event = { id: `evt_${id}`, type, created: this.now - secondsAgo, shownAt: this.now + shownIn, object };
    this.events.push(event);
    return event;
  }

  /** One event vanishes, as each does after 30 days. */
  forget(id: string): void {
    this.events = this.events.filter((event) => event.id !== id);
  }

  /** As when somebody deletes a test account's data. */
  wipe(): void {
    this.events = [];
  }

  answer({ path, query }: AskedOfStripe): FakeAnswer {
    const headers = { date: new Date(this.now * 1000).toUTCString() };
    if (path !== '/v1/events') {
      return { body: wireList([]), headers };
    }
    this.asked.push(query);
    this.onAsked();
    const answer = this.instead.shift()?.() ?? this.list(query);
    return { ...answer, headers: { ...headers, ...answer.headers } };
  }

  private list(query: URLSearchParams): FakeAnswer {
    const number = (name: string, otherwise: number): number => Number(query.get(name) ?? otherwise);
    const shown = this.events
      .filter(({ created, shownAt }) => shownAt <= this.now && created > this.now - KEPT_SECONDS)
      .toSorted((one, other) => other.created - one.created || (one.id < other.id ? 1 : -1));
    const after = query.get('starting_after');
    const place = after === null ? -1 : shown.findIndex(({ id }) => id === after);
    if (after !== null && place === -1) {
      return stripeFault(400, { code: 'resource_missing', param: 'starting_after' });
    }
    const [from, to] = [number('created[gte]', 0), number('created[lte]', Number.POSITIVE_INFINITY)];
    const rest = shown.slice(place + 1).filter(({ created }) => created >= from && created <= to);
    const limit = number('limit', 10);
    return { body: wireList(rest.slice(0, limit).map(toWire), rest.length > limit) };
  }
}

export async function startEventList(): Promise<{ list: EventList; stripe: FakeStripe }> {
  const list = new EventList();
  return { list, stripe: await startFakeStripe((asked) => list.answer(asked)) };
}

function toWire({ id, type, created, object }: ListedEvent): Wire {
  return {
    id,
    object: 'event',
    api_version: '2026-10-28.endive',
    type,
    created,
    livemode: false,
    pending_webhooks: 0,
    request: { id: null, idempotency_key: null },
    data: { object },
  };
}
