import { defineEntity, p } from '@mikro-orm/core';

const walkSchema = defineEntity({
  name: 'SampleWalk',
  tableName: 'sample_walk',
  properties: {
    connectionId: p.text().primary(),
    /** The id of the subscription looked at last; the next are those after it, and at the end the first again. */
    position: p.text(),
    walkedAt: p.datetime(6),
  },
});

/** How far the walk round a connection's live subscriptions has come: who was looked at longest ago is next, without a write for each. */
export class SampleWalk extends walkSchema.class {}
walkSchema.setClass(SampleWalk);
