import { type CustomerSnapshot, type StripeConnection as Connection, StripeConnection, type SubscriptionSnapshot } from '@app/stripe';
import { type FoundObject, ObjectSettler, type PendingReading } from '@app/subscriptions';
import { type IncomingEvent, SyncEventInbox } from '@app/sync';

import { ONLY, type StripeWorld } from './stripe-world.js';

/** A second of Stripe's clock that the suites count from. */
export const T = 1_800_000_000;

/** What became of an event, as the inbox tells it. */
export interface EventEnd {
  result: string;
  reason: string | null;
}

/** The inbox and the settler of a world, with Stripe's answers given by hand. */
export interface SettleSuite {
  receive(...events: IncomingEvent[]): Promise<void>;
  /** Claims what is due; gives what is to be read, by id. */
  claim(): Promise<PendingReading[]>;
  /** Answers readings: what Stripe showed, and when. */
  answer(pending: readonly PendingReading[], found: (id: string) => FoundObject | null, at: number): Promise<void>;
  ends(): Promise<Record<string, EventEnd>>;
}

export function startSettleSuite(world: StripeWorld): SettleSuite {
  const inbox = world.api.app.get(SyncEventInbox, { strict: false });
  const settler = world.api.app.get(ObjectSettler, { strict: false });
  const connection = (): Promise<Connection> => world.em().findOneOrFail(StripeConnection, { id: ONLY });
  return {
    receive: async (...events) => {
      await inbox.receive(world.em(), ONLY, 'WEBHOOK', events);
    },
    claim: async () => [...(await settler.claim(await connection(), 'test', 100)).pending],
    answer: async (pending, found, at) => {
      await settler.complete(
        await connection(),
        pending.map((one) => ({ pending: one, found: found(one.lease.object.id), bounds: { from: at, to: at } })),
      );
    },
    ends: async () => {
      const rows = await world.sql<EventEnd & { id: string }>(`select id, result, reason from sync_event order by id`);
      return Object.fromEntries(rows.map(({ id, result, reason }) => [id, { result, reason }]));
    },
  };
}

/** An event about a subscription or a customer that shows the object whole. */
export function eventOf(id: string, created: number, body: SubscriptionSnapshot | CustomerSnapshot, difference: Partial<IncomingEvent> = {}): IncomingEvent {
  const type = 'customerId' in body ? 'SUBSCRIPTION' : 'CUSTOMER';
  return {
    id,
    type: type === 'SUBSCRIPTION' ? 'customer.subscription.updated' : 'customer.updated',
    created,
    apiVersion: '2026-10-28.endive',
    idempotencyKey: null,
    object: { type, id: body.id },
    body,
    servable: true,
    ignored: null,
    ...difference,
  };
}
