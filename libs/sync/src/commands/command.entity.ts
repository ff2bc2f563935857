import { defineEntity, p } from '@mikro-orm/core';

/** What Kana can want of Stripe. */
export const COMMAND_KINDS = [
  'CANCEL',
  'RESUME',
  'CHANGE_QUANTITY',
  'PAUSE',
  'UNPAUSE',
  'CHANGE_PACKAGE',
  'ADD_ADDON',
  'REMOVE_ADDON',
  'SUBSCRIBE',
  'CREATE_CUSTOMER',
  'UPDATE_CUSTOMER',
  'CREATE_PRICE',
  'SUBSCRIPTION_LINK',
] as const;
export type CommandKind = (typeof COMMAND_KINDS)[number];

/** What a command has made in Stripe. */
export interface CommandResult {
  readonly type: 'CUSTOMER' | 'SUBSCRIPTION' | 'PRICE' | 'CHECKOUT_SESSION';
  readonly id: string;
  /** Of a session: where it is completed, and until when. */
  readonly url?: string | null;
  readonly expiresAt?: string;
}

/**
 * `QUEUED`: not sent, or certainly not done yet. `SENDING`: a worker is asking Stripe. `UNKNOWN`: sent, and nobody knows what
 * came of it; never sent again before Stripe was read. `APPLIED`, `FAILED`: ended.
 */
export const COMMAND_STATES = ['QUEUED', 'SENDING', 'UNKNOWN', 'APPLIED', 'FAILED'] as const;
export type CommandState = (typeof COMMAND_STATES)[number];

/** Why it failed, or was not done at the last attempt. */
export interface CommandError {
  readonly code: string;
  readonly detail: string;
  readonly stripeRequestId: string | null;
  /** Stripe's; null = there was no answer, or it was not asked. */
  readonly status: number | null;
  /** This error is what Stripe answers to the key from now on: it will not do it under this one any more. */
  readonly isFinalForKey?: boolean;
}

const commandSchema = defineEntity({
  name: 'SyncCommand',
  tableName: 'sync_command',
  properties: {
    id: p.text().primary(),
    connectionId: p.text(),
    kind: p.enum(COMMAND_KINDS),
    /** Commands with the same key leave one after the other, in the order of `seq`. */
    orderingKey: p.text(),
    seq: p.bigint('string').autoincrement().unique(),
    userKey: p.text().nullable(),
    /** In Kana's words. */
    asked: p.json<Record<string, unknown>>(),
    /** Exactly what goes to Stripe; null until the first attempt. */
    request: p.json<Record<string, unknown>>().nullable(),
    /** What was made by it; null = nothing yet, or it made nothing new. */
    result: p.json<CommandResult>().nullable(),
    /** Of Stripe's idempotency key: 1 = the command's id, 2 = the id and `-2`, … */
    keyNumber: p.integer(),
    state: p.enum(COMMAND_STATES),
    attempts: p.integer(),
    /** null = ended. */
    nextAttemptAt: p.datetime(6).nullable(),
    owner: p.text().nullable(),
    leaseUntil: p.datetime(6).nullable(),
    fence: p.integer(),
    /** The API key. */
    askedBy: p.text(),
    /** The failed command that this one tries again. */
    retries: p.text().nullable().unique(),
    createdAt: p.datetime(6),
    firstSentAt: p.datetime(6).nullable(),
    sentAt: p.datetime(6).nullable(),
    endedAt: p.datetime(6).nullable(),
    error: p.json<CommandError>().nullable(),
    /** When Stripe's own event told of it, and which. */
    confirmedAt: p.datetime(6).nullable(),
    confirmedBy: p.text().nullable(),
  },
  indexes: [
    { name: 'sync_command_open', properties: ['connectionId', 'orderingKey', 'seq'], where: 'next_attempt_at is not null' },
    { name: 'sync_command_due', properties: ['connectionId', 'seq'], where: 'next_attempt_at is not null' },
    { name: 'sync_command_failed', properties: ['connectionId', 'orderingKey'], where: `state = 'FAILED'` },
    { properties: ['connectionId', 'orderingKey', 'seq'] },
    { properties: ['userKey', 'seq'] },
    { properties: ['endedAt'] },
  ],
});

/** The outbox: Kana wants Stripe to change something. */
export class SyncCommand extends commandSchema.class {}
commandSchema.setClass(SyncCommand);
