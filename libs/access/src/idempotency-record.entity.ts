import { defineEntity, p } from '@mikro-orm/core';

const recordSchema = defineEntity({
  name: 'IdempotencyRecord',
  tableName: 'idempotency_record',
  properties: {
    apiKeyId: p.text().primary(),
    /** Method and route template, e.g. `POST /v1/features`. */
    route: p.text().primary(),
    /** What the caller sent as `Idempotency-Key`. */
    key: p.text().primary(),
    /** SHA-256 of address and body: a key stands for one request. */
    fingerprint: p.text(),
    /** Names the attempt that holds the record: an attempt that lost it may not commit. */
    holder: p.text(),
    /** Until then the attempt counts as under way; null = answered. */
    heldUntil: p.datetime(6).nullable(),
    /** When the call's change was committed, written by that very transaction. */
    committedAt: p.datetime(6).nullable(),
    /** The answer, encrypted; null while there is none, and where it held a secret. */
    sealedAnswer: p.text().nullable(),
    createdAt: p.datetime(6),
  },
  indexes: [{ properties: 'createdAt' }],
});

/** A call that carried an `Idempotency-Key`, and what it was answered. Kept for 24 hours. */
export class IdempotencyRecord extends recordSchema.class {}
recordSchema.setClass(IdempotencyRecord);
