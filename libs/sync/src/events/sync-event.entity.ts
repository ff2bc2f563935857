import { defineEntity, p } from '@mikro-orm/core';

import { OBJECT_TYPES } from '../lanes/lane.entity.js';

/**
 * What became of an event. `WAITING`: not looked at yet. `FAILED`: tried, and will be tried again. `DEAD`: not by itself any
 * more. The others are final: `APPLIED`, `NO_CHANGE` (Kana had it already), `STALE` (something newer was applied),
 * `DUPLICATE` (another event told the same), `IGNORED` (not ours; the reason says why).
 */
export const EVENT_RESULTS = ['WAITING', 'FAILED', 'DEAD', 'APPLIED', 'NO_CHANGE', 'STALE', 'DUPLICATE', 'IGNORED'] as const;
export type EventResult = (typeof EVENT_RESULTS)[number];

export const EVENT_SOURCES = ['WEBHOOK', 'POLL'] as const;
export type EventSource = (typeof EVENT_SOURCES)[number];

/** What a completed Checkout session says about its customer. */
export interface CheckoutHint {
  readonly sessionId: string;
  readonly customerId: string;
  readonly reference: string;
}

/** Why the last attempt failed. */
export interface EventError {
  code: string;
  detail: string;
  stripeRequestId: string | null;
}

const eventSchema = defineEntity({
  name: 'SyncEvent',
  tableName: 'sync_event',
  properties: {
    connectionId: p.text().primary(),
    /** Stripe's id. */
    id: p.text().primary(),
    type: p.text(),
    /** The object that may have changed; null for what is not ours. */
    objectType: p.enum(OBJECT_TYPES).nullable(),
    objectId: p.text().nullable(),
    /** Stripe's `created`, whole seconds. */
    stripeCreated: p.bigint('number'),
    apiVersion: p.text().nullable(),
    /** Of the call of Stripe's API that caused it: how an echo of our own is known. */
    idempotencyKey: p.text().nullable(),
    /** The object as the event shows it, read; null where it shows none. */
    body: p.json<Record<string, unknown>>().nullable(),
    servable: p.boolean(),
    /** For whom a completed Checkout session was opened. */
    checkout: p.json<CheckoutHint>().nullable(),
    source: p.enum(EVENT_SOURCES),
    receivedAt: p.datetime(6),
    /** How often it came: more than 1 = Stripe sent it again, or the poll met it, too. */
    deliveries: p.integer(),
    lastReceivedAt: p.datetime(6),
    result: p.enum(EVENT_RESULTS),
    /** Why, in a code: why it is ignored or stale, or what waits although it was applied. */
    reason: p.text().nullable(),
    attempts: p.integer(),
    /** When it is due; null = settled, or dead. */
    nextAttemptAt: p.datetime(6).nullable(),
    settledAt: p.datetime(6).nullable(),
    error: p.json<EventError>().nullable(),
    /** What was stored before, and is stored now, where that differs. */
    before: p.json<Record<string, unknown>>().nullable(),
    after: p.json<Record<string, unknown>>().nullable(),
  },
  indexes: [
    { name: 'sync_event_due', properties: ['connectionId', 'nextAttemptAt'], where: 'next_attempt_at is not null' },
    { name: 'sync_event_open', properties: ['connectionId', 'objectType', 'objectId'], where: 'next_attempt_at is not null' },
    { properties: ['receivedAt', 'id'] },
    { properties: ['objectId', 'stripeCreated'] },
    { name: 'sync_event_dead', properties: ['connectionId', 'objectType', 'objectId'], where: `result = 'DEAD'` },
  ],
});

/** The inbox: Stripe told us that something changed. */
export class SyncEvent extends eventSchema.class {}
eventSchema.setClass(SyncEvent);
