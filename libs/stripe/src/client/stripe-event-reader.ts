import type Stripe from 'stripe';

import { type EventReading, readEvent, UnreadableEventError } from '../events/read-event.js';
import { ReadingTimer, type Span } from './span.js';
import { callStripe, type Patience, StripeCallError, timingOf } from './stripe-call.js';
import { pageOf, type UnreadableObject } from './stripe-page.js';

const PAGE_SIZE = 100;

/** A place in Stripe's list of events. */
export interface EventPlace {
  readonly id: string;
  /** Stripe's `created`, whole seconds. */
  readonly created: number;
}

/** A page of Stripe's list of events, newest first. */
export interface EventPage {
  /** Those of the types that Kana handles. */
  readonly events: readonly EventReading[];
  /** All of them. */
  readonly places: readonly EventPlace[];
  readonly hasMore: boolean;
  readonly span: Span;
}

/** What the reader needs beside the SDK. */
export interface EventReaderSettings {
  readonly userIdMetadataKey: string;
  readonly patience: Patience;
  readonly signal?: AbortSignal;
  /** Told of events that cannot be read. */
  readonly onUnreadable: (event: UnreadableObject) => void;
}

/**
 * Reads Stripe's list of events, which reaches 30 days back. Of all types at once: a list takes at most 20, and Kana
 * handles more. Events come as they were rendered when they happened, in the API version of that time.
 */
export class StripeEventReader {
  constructor(
    private readonly stripe: Stripe,
    private readonly settings: EventReaderSettings,
  ) {}

  /**
   * @param since events before this second are left out; null = none are
   * @param after where the page before ended
   */
  async page(since: number | null, after: EventPlace | null): Promise<EventPage> {
    const timer = new ReadingTimer();
    const list = await this.list(since, after);
    timer.note(timingOf(list.lastResponse.headers));
    const { hasMore } = pageOf(list);
    const places = list.data.map(({ id, created }) => ({ id, created }));
    return { events: list.data.flatMap((event) => this.read(event)), places, hasMore, span: timer.span() };
  }

  /** An event vanishes after 30 days, also while it is a cursor: its second is then read again. */
  private async list(since: number | null, after: EventPlace | null): Promise<Stripe.Response<Stripe.ApiList<Stripe.Event>>> {
    const created = since === null ? {} : { gte: since };
    try {
      return await this.call({ created, starting_after: after?.id });
    } catch (error) {
      if (after === null || !(error instanceof StripeCallError) || error.stripeCode !== 'resource_missing') {
        throw error;
      }
      return this.call({ created: { ...created, lte: after.created } });
    }
  }

  private async call(parameters: Stripe.EventListParams): Promise<Stripe.Response<Stripe.ApiList<Stripe.Event>>> {
    const { signal, patience } = this.settings;
    return callStripe(() => this.stripe.events.list({ limit: PAGE_SIZE, ...parameters }), { signal, patience });
  }

  private read(event: Stripe.Event): EventReading[] {
    try {
      const reading = readEvent(event, this.settings.userIdMetadataKey);
      return reading.ignored === 'TYPE_NOT_HANDLED' ? [] : [reading];
    } catch (error) {
      if (!(error instanceof UnreadableEventError)) {
        throw error;
      }
      this.settings.onUnreadable({ id: event.id, problem: error.message });
      return [];
    }
  }
}
