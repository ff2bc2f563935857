import type Stripe from 'stripe';
import type { EventRecord } from '../events/event-record.js';
import { renderEvent } from '../events/render-event.js';
import { missing } from '../http/faults.js';
import type { WireObject } from '../objects/wire.js';
import type { Parts } from '../world.js';

/** An event of any type about any object: what tests make up. */
export interface MadeUpEvent {
  type: string;
  object: WireObject;
  /** In whole seconds; as for any event otherwise. */
  created?: number;
  /** Of a connected account: told, but in no list. */
  account?: string;
  livemode?: boolean;
  apiVersion?: string;
}

/** All that happened in the account, and what is made up. */
export class AccountEvents {
  constructor(private readonly parts: Parts) {}

  /** In the order in which they happened, whatever their `created` says; each as a poll tells it. */
  all(): Stripe.Event[] {
    return this.records().map((event) => this.render(event));
  }

  /** As they are kept: with the states of their objects. */
  records(): EventRecord[] {
    return this.parts.world.journal.events.all();
  }

  /** Its JSON as in a poll. */
  emit(event: MadeUpEvent): Stripe.Event {
    const { object, ...rest } = event;
    return this.render(this.parts.world.journal.record({ ...rest, state: { kind: 'other', object } }));
  }

  /** All that happened so far is in no list any more, as after 30 days. */
  forget(): void {
    this.records().forEach(({ id }) => this.parts.world.journal.events.remove(id));
  }

  /** Once more, to one endpoint or to all that take its type; how many those are. */
  resend(eventId: string, endpointId?: string): number {
    const { world, deliveries } = this.parts;
    const event = world.journal.get(eventId);
    if (!event) throw missing('event', eventId, 'id');
    const named = endpointId === undefined ? undefined : world.endpoints.get(endpointId);
    if (endpointId !== undefined && !named) throw missing('webhook endpoint', endpointId, 'endpoint');
    const endpoints = named ? [named] : world.endpoints.takersOf(event.type);
    for (const endpoint of endpoints) deliveries.resend(event, endpoint);
    return endpoints.length;
  }

  private render(event: EventRecord): Stripe.Event {
    const rendered: unknown = renderEvent(event, event.apiVersion, this.parts.world.view);
    return rendered as Stripe.Event;
  }
}
