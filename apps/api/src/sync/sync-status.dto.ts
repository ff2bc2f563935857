import { EVENT_RESULTS, KEPT_BY, RUN_STATUSES, type StreamStatus } from '@app/sync';
import { z } from 'zod';

import { isoTime } from '../http/schemas.js';

const count = z.int().min(0);
const seconds = z.int().min(0);

const errorSchema = z.object({ code: z.string(), detail: z.string(), stripeRequestId: z.string().nullable(), at: isoTime });

const statusSchema = z
  .object({
    connectionId: z.string(),
    isConnected: z.boolean().meta({ description: 'A disconnected account is neither polled nor settled.' }),
    syncedThrough: isoTime.nullable().meta({ description: '"No gap since": every change in Stripe up to this moment, by Stripe’s clock, is in Kana. Never moves back; null = no import was completed yet.' }),
    lagSeconds: seconds.nullable().meta({ description: 'From then until now.' }),
    gapSince: isoTime.nullable().meta({ description: 'From then on events may have been missed for good. An import was asked for and heals it; null = no gap.' }),
    keptBy: z.enum(KEPT_BY).meta({ description: 'What keeps it in step now: webhooks (polled every minute as well), the poll alone (every 10 seconds), or nothing: neither works.' }),
    events: z.object({
      waiting: count,
      failed: count.meta({ description: 'Will be tried again by themselves.' }),
      dead: count.meta({ description: 'Were given up. They do not hold `syncedThrough` back; replay them.' }),
      oldestOpen: z
        .object({ id: z.string(), type: z.string(), createdAt: isoTime, receivedAt: isoTime })
        .nullable()
        .meta({ description: 'The oldest event, by Stripe’s time, that waits or will be tried again.' }),
      lastDay: z.partialRecord(z.enum(EVENT_RESULTS), count).meta({ description: 'Those received in the last 24 hours, by result.' }),
      longestOpenSeconds: seconds.nullable().meta({ description: 'How long the longest waiting one has been here unsettled; null = none is.' }),
    }),
    poll: z
      .object({
        through: isoTime.nullable().meta({ description: 'What Stripe’s list of events showed up to then was received.' }),
        lagSeconds: seconds.nullable().meta({ description: 'From then until now.' }),
      completedAt: isoTime.nullable(),
        nextAt: isoTime.nullable(),
        isUnderWay: z.boolean(),
        error: errorSchema.nullable().meta({ description: 'Why the last one failed; null once one succeeds.' }),
      })
      .meta({ description: 'The reading of Stripe’s list of events.' }),
    webhook: z.object({
      lastReceivedAt: isoTime.nullable(),
      isWorking: z.boolean().nullable().meta({ description: 'Whether webhooks have brought what the polls met; null = no event has told yet.' }),
    }),
    activeImport: z.object({ id: z.string(), status: z.enum(RUN_STATUSES) }).nullable(),
    openIssues: count,
  })
  .meta({ id: 'SyncStatus' });
export type StatusDto = z.output<typeof statusSchema>;

export const statusList = z.object({ data: z.array(statusSchema) }).meta({ id: 'SyncStatusList' });

export function toStatus({ openEvents, oldestOpenEvent, longestOpenSeconds, lastDay, activeImport, ...status }: StreamStatus): StatusDto {
  const run = activeImport === null ? undefined : RUN_STATUSES.find((known) => known === activeImport.status);
  return {
    ...status,
    events: { waiting: openEvents.WAITING, failed: openEvents.FAILED, dead: openEvents.DEAD, oldestOpen: oldestOpenEvent, longestOpenSeconds, lastDay },
    activeImport: activeImport === null || run === undefined ? null : { id: activeImport.id, status: run },
  };
}

export const statusExample: StatusDto = {
  connectionId: 'conn_06f3k2',
  isConnected: true,
  syncedThrough: '2026-03-01T11:59:00.000Z',
  lagSeconds: 61,
  gapSince: null,
  keptBy: 'WEBHOOKS',
  events: { waiting: 0, failed: 0, dead: 0, oldestOpen: null, longestOpenSeconds: null, lastDay: { APPLIED: 311, NO_CHANGE: 240, STALE: 12 } },
  poll: { through: '2026-03-01T12:00:00.000Z', lagSeconds: 1, completedAt: '2026-03-01T12:00:00.412Z', nextAt: '2026-03-01T12:01:00.412Z', isUnderWay: false, error: null },
  webhook: { lastReceivedAt: '2026-03-01T11:58:21.114Z', isWorking: true },
  activeImport: null,
  openIssues: 2,
};
