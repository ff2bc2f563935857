import { type AccessFacts, CHANGE_CAUSES, type EntitlementChange, SUBSCRIPTION_STATUSES } from '@app/subscriptions';
import { z } from 'zod';

import { isoTime, pageOf, pageQuery } from '../http/schemas.js';

const access = z
  .object({
    packageId: z.string(),
    status: z.enum(SUBSCRIPTION_STATUSES),
    quantity: z.number().nullable(),
    accessUntil: isoTime.nullable().meta({ description: 'Access ends here by itself; null = at no known time.' }),
  })
  .meta({ id: 'TimelineAccess' });

export const timelineEntrySchema = z
  .object({
    at: isoTime,
    userId: z.string().nullable().meta({ description: 'Whose access changed.' }),
    cause: z.enum(CHANGE_CAUSES).meta({ description: 'What set it off; `SUBSCRIPTION`: a call of this api. `COMMAND`: Stripe’s answer to a command of Kana’s.' }),
    causeId: z.string().meta({ description: 'The run, price, package, user, connection, event or command; of a call, the API key.' }),
    commandId: z.string().nullable().meta({ description: 'The command that brought it about, also where Stripe’s event about that came before its answer.' }),
    before: access.nullable().meta({ description: 'null where there was no access before.' }),
    after: access.nullable().meta({ description: 'null where there is none any more.' }),
  })
  .meta({ id: 'TimelineEntry' });
export type TimelineEntryDto = z.output<typeof timelineEntrySchema>;
export const timelinePage = pageOf('TimelinePage', timelineEntrySchema);

export const timelineQuery = z.strictObject(pageQuery);
export type TimelineQuery = z.output<typeof timelineQuery>;

/** Sort key: the number of the change. */
export const timelineKey = z.tuple([z.string().regex(/^\d{1,18}$/)]);

export function toTimelineEntry(change: EntitlementChange, userIds: ReadonlyMap<string, string>, commandIds: ReadonlyMap<string, string>): TimelineEntryDto {
  return {
    at: change.changedAt.toISOString(),
    userId: userIds.get(change.userKey) ?? null,
    cause: change.cause,
    causeId: change.causeId,
    commandId: change.cause === 'COMMAND' ? change.causeId : (commandIds.get(change.causeId) ?? null),
    before: accessOf(change.before),
    after: accessOf(change.after),
  };
}

function accessOf(facts: AccessFacts | null | undefined): TimelineEntryDto['before'] {
  if (facts === null || facts === undefined) {
    return null;
  }
  const { packageId, status, quantity, accessUntil } = facts;
  return { packageId, status: SUBSCRIPTION_STATUSES.find((known) => known === status) ?? 'UNKNOWN', quantity, accessUntil };
}

export const timelineExample: TimelineEntryDto = {
  at: '2026-03-01T12:00:00.000Z',
  userId: 'ann@example.com',
  cause: 'SUBSCRIPTION',
  causeId: 'key_06f3k2',
  commandId: null,
  before: null,
  after: { packageId: 'team', status: 'ACTIVE', quantity: 1, accessUntil: null },
};
