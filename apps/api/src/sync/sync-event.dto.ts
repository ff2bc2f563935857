import { describeEvent, EVENT_RESULTS, EVENT_SOURCES, type EventDetails, type EventFacts, OBJECT_TYPES } from '@app/sync';
import { z } from 'zod';

import { callerId, isoTime, pageOf, pageQuery, stripeId } from '../http/schemas.js';

const MAXIMUM_REPLAYED = 1000;

const facts = {
  id: z.string().meta({ description: 'Stripe’s id.' }),
  connectionId: z.string(),
  type: z.string(),
  object: z.object({ type: z.enum(OBJECT_TYPES), id: z.string() }).nullable().meta({ description: 'What may have changed; null where it is nothing that Kana keeps in step.' }),
  createdAt: isoTime.meta({ description: 'When it happened, by Stripe’s clock, in whole seconds.' }),
  source: z.enum(EVENT_SOURCES).meta({ description: 'What brought it first.' }),
  receivedAt: isoTime,
  deliveries: z.int().min(1).meta({ description: 'How often it came. Duplicates change nothing.' }),
  lastReceivedAt: isoTime,
  result: z.enum(EVENT_RESULTS),
  reason: z.string().nullable().meta({ description: 'Why, as a code.' }),
  text: z.string().meta({ description: 'What became of it, in words.' }),
  attempts: z.int().min(0),
  nextAttemptAt: isoTime.nullable(),
  settledAt: isoTime.nullable(),
  latencyMs: z.int().nullable().meta({ description: 'From its arrival until it was settled.' }),
  error: z.object({ code: z.string(), detail: z.string(), stripeRequestId: z.string().nullable() }).nullable(),
  commandId: z.string().nullable().meta({ description: 'The command of Kana’s own that Stripe tells of here: its echo. null = the change came from elsewhere.' }),
};

export const eventSchema = z.object(facts).meta({ id: 'SyncEvent' });
export type EventDto = z.output<typeof eventSchema>;
export const eventPage = pageOf('SyncEventPage', eventSchema);

const stored = z.record(z.string(), z.unknown()).nullable();

export const eventDetailsSchema = z
  .object({
    ...facts,
    apiVersion: z.string().nullable().meta({ description: 'Stripe’s API version that it was written in.' }),
    before: stored.meta({ description: 'What Kana had stored of the object before, where this event changed it. May hold a name and an email.' }),
    after: stored.meta({ description: 'What it stored then.' }),
  })
  .meta({ id: 'SyncEventDetails' });
export type EventDetailsDto = z.output<typeof eventDetailsSchema>;

const filters = {
  connectionId: callerId.optional(),
  type: z.string().min(1).max(255).optional().meta({ example: 'customer.subscription.updated' }),
  result: z.enum(EVENT_RESULTS).optional(),
  objectId: stripeId.optional().meta({ example: 'sub_1Q2w3E' }),
  receivedAfter: isoTime.optional(),
};

export const eventQuery = z.strictObject({ ...pageQuery, ...filters });
export type EventQuery = z.output<typeof eventQuery>;
export const eventKey = z.tuple([z.string().regex(/^\d{1,18}$/), z.string(), z.string()]);

export const oneEventQuery = z.strictObject({ connectionId: filters.connectionId.meta({ description: 'Needed only where two accounts have an event of this id.' }) });
export type OneEventQuery = z.output<typeof oneEventQuery>;

export const replayInput = z
  .strictObject({
    ...filters,
    receivedBefore: isoTime.optional(),
    limit: z.int().min(1).max(MAXIMUM_REPLAYED).default(100).meta({ description: `How many at most: 1–${MAXIMUM_REPLAYED}.` }),
    cursor: pageQuery.cursor.meta({ description: 'The `nextCursor` of the answer before.' }),
  })
  .refine(({ limit: _limit, cursor: _cursor, ...chosen }) => Object.values(chosen).some((value) => value !== undefined), 'must name at least one of connectionId, type, result, objectId, receivedAfter, receivedBefore')
  .meta({ id: 'SyncEventReplayInput' });
export type ReplayInput = z.output<typeof replayInput>;

export const replayedSchema = z
  .object({
    replayed: z.int().min(0).meta({ description: 'Events that were made due again.' }),
    objects: z.int().min(0).meta({ description: 'Objects that will be read from Stripe for it.' }),
    hasMore: z.boolean().meta({ description: 'Whether further events match.' }),
    nextCursor: z.string().nullable().meta({ description: 'Send it as `cursor`, with the same filter, to go on.' }),
  })
  .meta({ id: 'SyncEventsReplayed' });
export type ReplayedDto = z.output<typeof replayedSchema>;

export function toEvent({ key: _key, ...event }: EventFacts): EventDto {
  return { ...event, text: describeEvent(event.result, event.reason, event.error) };
}

export function toEventDetails({ apiVersion, before, after, ...event }: EventDetails): EventDetailsDto {
  return { ...toEvent(event), apiVersion, before: memberOf(before), after: memberOf(after) };
}

function memberOf(snapshot: object | null): Record<string, unknown> | null {
  return snapshot === null ? null : { ...snapshot };
}

export const eventExample: EventDto = {
  id: 'evt_1Q2w3E',
  connectionId: 'conn_06f3k2',
  type: 'customer.subscription.updated',
  object: { type: 'SUBSCRIPTION', id: 'sub_1Q2w3E' },
  createdAt: '2026-03-01T12:00:00.000Z',
  source: 'WEBHOOK',
  receivedAt: '2026-03-01T12:00:00.731Z',
  deliveries: 1,
  lastReceivedAt: '2026-03-01T12:00:00.731Z',
  result: 'APPLIED',
  reason: null,
  text: 'Kana has followed.',
  attempts: 1,
  nextAttemptAt: null,
  settledAt: '2026-03-01T12:00:00.802Z',
  latencyMs: 71,
  error: null,
  commandId: null,
};

export const eventDetailsExample: EventDetailsDto = {
  ...eventExample,
  apiVersion: '2026-10-28.endive',
  before: { id: 'sub_1Q2w3E', status: 'trialing' },
  after: { id: 'sub_1Q2w3E', status: 'active' },
};

export const waitingExample: EventDetailsDto = {
  ...eventDetailsExample,
  result: 'WAITING',
  text: 'It waits to be settled.',
  attempts: 0,
  nextAttemptAt: '2026-03-01T12:05:00.000Z',
  settledAt: null,
  latencyMs: null,
};
