import { defineEntity, p } from '@mikro-orm/core';

const workerSchema = defineEntity({
  name: 'WorkerProcess',
  tableName: 'worker_process',
  properties: {
    id: p.text().primary(),
    /** Its machine and its number there. */
    name: p.text(),
    /** The last migration that its build knows. */
    version: p.text(),
    /** Both by the database's clock. */
    startedAt: p.datetime(6),
    seenAt: p.datetime(6),
    /** How far its own clock surely is ahead of the database's; negative = behind. */
    clockAheadMs: p.bigint('number'),
  },
});

/** A worker that runs, or that has died without a word. One that stops in order takes its row away. */
export class WorkerProcess extends workerSchema.class {}
workerSchema.setClass(WorkerProcess);
