import { defineEntity, p } from '@mikro-orm/core';

import type { EventError } from '../events/sync-event.entity.js';
import type { EventMark, PollPass } from './resolve-poll-pass.js';

const streamSchema = defineEntity({
  name: 'SyncStream',
  tableName: 'sync_stream',
  properties: {
    connectionId: p.text().primary(),
    /** "No gap since": every change in Stripe up to this moment, by Stripe's clock, is in Kana; null = nothing was imported yet. */
    syncedThrough: p.datetime(6).nullable(),
    /** When the last completed sweep began, whole seconds by Stripe's clock. */
    sweptFrom: p.bigint('number').nullable(),
    /** When the last completed poll began: what Stripe's event list showed up to then was received. Whole seconds by Stripe's clock. */
    polledThrough: p.bigint('number').nullable(),
    /** An event, of any type, that the polls have met: if Stripe still lists what it listed, the next one meets it again. */
    anchor: p.json<EventMark>().nullable(),
    /** The poll under way: where it goes on when its worker is gone. */
    pass: p.json<PollPass>().nullable(),
    polledAt: p.datetime(6).nullable(),
    /** Null = now. */
    nextPollAt: p.datetime(6).nullable(),
    /** Polls that failed since the last one that did not, and why the last one did. */
    failures: p.integer(),
    error: p.json<EventError>().nullable(),
    failedAt: p.datetime(6).nullable(),
    /** When a webhook last brought one of the events that the polls have met. */
    webhookAt: p.datetime(6).nullable(),
    /** Whether webhooks bring what the polls meet; null = no event has told yet. */
    webhookWorks: p.boolean().nullable(),
    /** From when on events may have been missed for good, whole seconds by Stripe's clock; null = no gap. */
    gapSince: p.bigint('number').nullable(),
    /** When a sweep was asked for because of the gap, and the run that began after it was found: the end of that run heals it. */
    gapAskedAt: p.datetime(6).nullable(),
    healingRunId: p.text().nullable(),
    /** Who polls, until when, and a number that grows with each taking: a late poll writes nothing. */
    owner: p.text().nullable(),
    leaseUntil: p.datetime(6).nullable(),
    fence: p.integer(),
  },
});

/**
 * How far a connection has followed what happens in Stripe. A row of its own, apart from the connection's: pages of an import
 * hold that one while they are written, and this one changes every few seconds.
 */
export class SyncStream extends streamSchema.class {}
streamSchema.setClass(SyncStream);
