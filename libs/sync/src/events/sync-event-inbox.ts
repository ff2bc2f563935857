import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows } from '@app/common';

import type { ObjectType } from '../lanes/lane.entity.js';
import type { CheckoutHint, EventSource } from './sync-event.entity.js';

/** An event as it comes in. */
export interface IncomingEvent {
  /** Stripe's id. */
  readonly id: string;
  readonly type: string;
  /** Stripe's `created`, whole seconds. */
  readonly created: number;
  readonly apiVersion: string | null;
  readonly idempotencyKey: string | null;
  readonly object: { readonly type: ObjectType; readonly id: string } | null;
  /** The object as the event shows it, read. */
  readonly body: object | null;
  readonly servable: boolean;
  readonly checkout?: CheckoutHint | null;
  /** Authentic, but nothing to do: why, in a code. */
  readonly ignored: string | null;
}

const COLUMNS = `connection_id, id, type, object_type, object_id, stripe_created, api_version, idempotency_key, body, servable, checkout, source,
  received_at, deliveries, last_received_at, result, reason, attempts, next_attempt_at, settled_at`;

/** One statement, whatever the number: the inbox must not be the reason why Stripe waits. */
const RECEIVE = `
  insert into sync_event (${COLUMNS})
  select $1, r.id, r.type, r.object_type, r.object_id, r.created, r.api_version, r.idempotency_key, r.body, r.servable, r.checkout, $3,
         now(), 1, now(), case when r.ignored is null then 'WAITING' else 'IGNORED' end, r.ignored, 0,
         case when r.ignored is null then now() end, case when r.ignored is null then null else now() end
    from jsonb_to_recordset($2::jsonb) as r(id text, type text, object_type text, object_id text, created bigint, api_version text,
                                            idempotency_key text, body jsonb, servable boolean, checkout jsonb, ignored text)
  on conflict (connection_id, id) do`;

/** A duplicate stays visible: it counts up. What the poll meets again it has looked for itself, and says nothing new. */
const TEXTS: Record<EventSource, string> = {
  WEBHOOK: `${RECEIVE} update set deliveries = sync_event.deliveries + 1, last_received_at = now() returning id, deliveries`,
  POLL: `${RECEIVE} nothing returning id, deliveries`,
};

/** The inbox of events: what came in stays, whatever becomes of it. */
@Injectable()
export class SyncEventInbox {
  /**
   * Stores events; one that is there already counts up. Gives the ids of the new ones. Commit before you answer Stripe, and
   * ring afterwards.
   */
  async receive(em: EntityManager, connectionId: string, source: EventSource, events: readonly IncomingEvent[]): Promise<string[]> {
    const once = [...new Map(events.map((event) => [event.id, event])).values()];
    if (once.length === 0) {
      return [];
    }
    const rows = await sqlRows<{ id: string; deliveries: number }>(em, TEXTS[source], [connectionId, JSON.stringify(once.map(toRow)), source]);
    return rows.filter(({ deliveries }) => deliveries === 1).map(({ id }) => id);
  }
}

function toRow({ object, apiVersion, idempotencyKey, ...event }: IncomingEvent): object {
  return { ...event, object_type: object?.type, object_id: object?.id, api_version: apiVersion, idempotency_key: idempotencyKey };
}
