import { defineEntity, p } from '@mikro-orm/core';

/** The kinds of Stripe objects that are kept in step, each object with a lane of its own. */
export const OBJECT_TYPES = ['SUBSCRIPTION', 'CUSTOMER', 'PRICE', 'PRODUCT'] as const;
export type ObjectType = (typeof OBJECT_TYPES)[number];

const laneSchema = defineEntity({
  name: 'SyncLane',
  tableName: 'sync_lane',
  properties: {
    connectionId: p.text().primary(),
    objectType: p.enum(OBJECT_TYPES).primary(),
    objectId: p.text().primary(),
    /** When the stored state was taken, by Stripe's clock (`Bounds`); null = not by an event or a read of its own yet. */
    seenFrom: p.bigint('number').nullable(),
    seenTo: p.bigint('number').nullable(),
    /** Stripe answered that it does not exist: a late event must not bring it back. */
    gone: p.boolean(),
    /** Since when Stripe denies what Kana held as live; null = it does not, or it was over before. */
    lostAt: p.datetime(6).nullable(),
    /** How often Stripe was to be asked for it beyond what events ask for, and up to which time that was done. */
    readsWanted: p.integer(),
    readsDone: p.integer(),
    /** Who is reading it, until when, and a number that grows with each taking: a late reader writes nothing. */
    owner: p.text().nullable(),
    leaseUntil: p.datetime(6).nullable(),
    fence: p.integer(),
    updatedAt: p.datetime(6),
  },
  indexes: [
    { name: 'sync_lane_needs_read', properties: 'connectionId', where: 'reads_wanted > reads_done' },
    { name: 'sync_lane_lost', properties: ['connectionId', 'lostAt'], where: 'lost_at is not null' },
  ],
});

/** The lane of one Stripe object: what comes by event is settled one at a time in it. Objects that only sweeps have met have none. */
export class SyncLane extends laneSchema.class {}
laneSchema.setClass(SyncLane);
