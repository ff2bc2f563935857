import { defineEntity, p } from '@mikro-orm/core';

import { Feature } from '@app/catalog';
import { User } from '@app/customers';

import { USAGE_ACTIONS } from './usage.types.js';

const recordSchema = defineEntity({
  name: 'UsageRecord',
  tableName: 'usage_record',
  properties: {
    id: p.text().primary(),
    userKey: () => p.manyToOne(User).mapToPk().fieldName('user_key'),
    featureId: () => p.manyToOne(Feature).mapToPk().fieldName('feature_id'),
    action: p.enum(USAGE_ACTIONS),
    /** As asked: of a `SET`, the total wanted. */
    delta: p.bigint('number'),
    /** What it changed; the sum of these is the usage. */
    amount: p.bigint('number'),
    /** The total of its period with it, as the caller was told. */
    total: p.bigint('number'),
    /** The period that it counted in then; null on a side without a bound. */
    periodStart: p.datetime(6).nullable(),
    periodEnd: p.datetime(6).nullable(),
    occurredAt: p.datetime(6),
    recordedAt: p.datetime(6),
    apiKeyId: p.text(),
    idempotencyKey: p.text(),
    /** SHA-256 of what was asked, hex: the same key with another body is refused. */
    requestHash: p.text(),
  },
  indexes: [{ name: 'usage_record_time', properties: ['userKey', 'featureId', 'occurredAt'], include: ['amount'] }],
  uniques: [{ properties: ['apiKeyId', 'idempotencyKey'] }],
});

/** One record of usage, for ever: never changed, never deleted, never counted twice (rule E4). */
export class UsageRecord extends recordSchema.class {}
recordSchema.setClass(UsageRecord);

const daySchema = defineEntity({
  name: 'UsageDay',
  tableName: 'usage_day',
  properties: {
    userKey: () => p.manyToOne(User).mapToPk().primary().fieldName('user_key'),
    featureId: () => p.manyToOne(Feature).mapToPk().primary().fieldName('feature_id'),
    /** In UTC. */
    day: p.date().primary(),
    total: p.bigint('number'),
  },
});

/** What the records of one day add up to, kept in their transaction. */
export class UsageDay extends daySchema.class {}
daySchema.setClass(UsageDay);

const counterSchema = defineEntity({
  name: 'UsageCounter',
  tableName: 'usage_counter',
  properties: {
    userKey: () => p.manyToOne(User).mapToPk().primary().fieldName('user_key').deleteRule('restrict').updateRule('no action'),
    featureId: () => p.manyToOne(Feature).mapToPk().primary().fieldName('feature_id').deleteRule('restrict').updateRule('no action'),
    periodStart: p.datetime(6).nullable(),
    periodEnd: p.datetime(6).nullable(),
    used: p.bigint('number'),
  },
});

/**
 * The total of one period, as a rule the current one: what the check reads. There is one as soon as there is a record; a
 * period that it does not hold is added up from the days. It is also the lock under which a user's usage of a feature is
 * written.
 */
export class UsageCounter extends counterSchema.class {}
counterSchema.setClass(UsageCounter);
