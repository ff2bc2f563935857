import { MAXIMUM_USAGE_DELTA, USAGE_ACTIONS, type RecordedUsage, type UsageInPeriod, type UsageOutcome, type UsagePeriod, type UsageRequest } from '@app/subscriptions';
import { z } from 'zod';

import { type EntitlementDto, entitlementSchema, toEntitlementDto } from '../entitlements/entitlement.dto.js';
import { describeFailure } from '../http/describe-failure.js';
import { callerId, isoTime, pageOf, pageQuery } from '../http/schemas.js';

const MAXIMUM_RECORDS = 1000;
const MAXIMUM_KEY = 255;
const EARLIEST = new Date('1970-01-01T00:00:00Z');

const userId = callerId.meta({ description: 'The id of the user, or an alias.', example: 'ann@example.com' });
const featureId = callerId.meta({ description: 'A consumable feature.', example: 'api-calls' });
const delta = z
  .int()
  .min(-MAXIMUM_USAGE_DELTA)
  .max(MAXIMUM_USAGE_DELTA)
  .meta({ description: 'How much was used; with `SET`, the total. Negative to give back.', example: 5 });

const details = {
  action: z.enum(USAGE_ACTIONS).optional().meta({ description: '`ADD` (default) adds to the total of the period; `SET` makes `delta` its total.' }),
  occurredAt: isoTime
    .refine((text) => new Date(text) >= EARLIEST, 'must not be before 1970')
    .optional()
    .meta({ description: 'When it was used: the period that it counts in. Now by default. Up to five minutes ahead of Kana counts as now.' }),
  require: z.boolean().optional().meta({
    description: 'Whether to record only what the user may use: check and use in one step. What takes more than there is left answers 409. Not together with `occurredAt`.',
  }),
};

const idempotencyKey = z
  .string()
  .max(MAXIMUM_KEY)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'must be visible ASCII')
  .meta({ description: 'A key of this record alone. Otherwise the header with the record\'s position: `<key>#0`, `<key>#1` …', example: 'call-8f14e45f' });

const oneRecord = z
  .strictObject({ userId, featureId, delta, ...details, idempotencyKey: idempotencyKey.optional() })
  .refine(({ require, occurredAt }) => require !== true || occurredAt === undefined, { path: ['require'], message: 'is about now: leave `occurredAt` out' })
  .meta({ id: 'UsageRecordInput' });

export const usageInput = z
  .strictObject({
    userId: userId.optional(),
    featureId: featureId.optional(),
    delta: delta.optional(),
    ...details,
    records: z.array(oneRecord).min(1).max(MAXIMUM_RECORDS).optional().meta({ description: `Instead of one record: 1–${MAXIMUM_RECORDS} of them.` }),
  })
  .superRefine((input, context) => {
    for (const fault of faultsOf(input)) {
      context.addIssue({ code: 'custom', ...fault });
    }
  })
  .meta({ id: 'UsageInput', description: 'One record (`userId`, `featureId`, `delta`), or a batch (`records`).' });
export type UsageInputDto = z.output<typeof usageInput>;

const REQUIRED = ['userId', 'featureId', 'delta'] as const;
const OPTIONAL = ['action', 'occurredAt', 'require'] as const;

function faultsOf(input: Partial<Record<(typeof REQUIRED)[number] | (typeof OPTIONAL)[number] | 'records', unknown>>): { path: string[]; message: string }[] {
  if (input.records !== undefined) {
    const extra = [...REQUIRED, ...OPTIONAL].filter((member) => input[member] !== undefined);
    return extra.map((member) => ({ path: [member], message: 'belongs into `records`' }));
  }
  const missing = REQUIRED.filter((member) => input[member] === undefined);
  const faults = missing.map((member) => ({ path: [member as string], message: 'is required, unless `records` is given' }));
  const isLate = input.require === true && input.occurredAt !== undefined;
  return isLate ? [...faults, { path: ['require'], message: 'is about now: leave `occurredAt` out' }] : faults;
}

const period = z
  .object({
    start: isoTime.nullable().meta({ description: 'In the period. null = without a beginning.' }),
    end: isoTime.nullable().meta({ description: 'Not in the period any more. null = never reset.' }),
  })
  .meta({ id: 'UsagePeriodBounds' });

export const usageRecordSchema = z
  .object({
    id: z.string(),
    userId: z.string().meta({ description: "The user's current id." }),
    featureId: z.string(),
    action: z.enum(USAGE_ACTIONS),
    delta: z.int().meta({ description: 'As asked.' }),
    amount: z.int().meta({ description: 'What it changed: of a `SET`, the difference to the total before.' }),
    total: z.int().meta({ description: 'The total of its period right after it.' }),
    period: period.nullable().meta({ description: 'The period that it counts in, by the terms of its time; null when no subscription had the feature.' }),
    occurredAt: isoTime,
    recordedAt: isoTime,
    idempotencyKey: z.string(),
    replayed: z.boolean().meta({ description: 'Whether this record was there already, under the same idempotency key: nothing was counted again.' }),
  })
  .meta({ id: 'UsageRecord' });
export type UsageRecordDto = z.output<typeof usageRecordSchema>;

const refusedRecord = z
  .object({
    userId: z.string(),
    featureId: z.string(),
    idempotencyKey: z.string(),
    problem: z.object({ status: z.int(), code: z.string(), detail: z.string() }),
    entitlement: entitlementSchema.optional().meta({ description: 'What the user has; with `usage_over_budget`.' }),
  })
  .meta({ id: 'UsageProblem' });
export type RefusedRecordDto = z.output<typeof refusedRecord>;

const batchSchema = z
  .object({ data: z.array(z.union([usageRecordSchema, refusedRecord])).meta({ description: 'In the order of the records.' }) })
  .meta({ id: 'UsageBatch' });
export const usageResultSchema = z.union([usageRecordSchema, batchSchema]);
export type UsageResultDto = z.output<typeof usageResultSchema>;

const usageInPeriod = z
  .object({
    start: isoTime.nullable().meta({ description: 'In the period. null = without a beginning.' }),
    end: isoTime.nullable().meta({ description: 'Not in the period any more. null = never reset.' }),
    used: z.int(),
    current: z.boolean().meta({ description: 'Whether it is the period of now.' }),
  })
  .meta({ id: 'UsagePeriod' });
export type UsagePeriodDto = z.output<typeof usageInPeriod>;
export const usagePeriodPage = pageOf('UsagePeriodPage', usageInPeriod);

export const usagePeriodQuery = z.strictObject(pageQuery);
export type UsagePeriodQuery = z.output<typeof usagePeriodQuery>;

/** Where a page of periods ended: the start of its last one. */
export const periodKey = z.tuple([z.iso.datetime()]);

export const usageRecordExample: UsageRecordDto = {
  id: 'rec_06f3k2m8x0q4w7r9t1v3y5z6a8',
  userId: 'ann@example.com',
  featureId: 'api-calls',
  action: 'ADD',
  delta: 5,
  amount: 5,
  total: 42,
  period: { start: '2026-02-28T10:00:00.000Z', end: '2026-03-31T10:00:00.000Z' },
  occurredAt: '2026-03-01T12:00:00.000Z',
  recordedAt: '2026-03-01T12:00:00.000Z',
  idempotencyKey: 'call-8f14e45f',
  replayed: false,
};

type RecordInput = z.output<typeof oneRecord>;

/** The records of a call: one, or those of a batch, each with its own idempotency key. */
export function toUsageRequests({ records, ...one }: UsageInputDto, key: string): UsageRequest[] {
  if (records === undefined) {
    const { userId: asked = '', featureId: wanted = '', delta: amount = 0, ...rest } = one;
    return [toRequest({ ...rest, userId: asked, featureId: wanted, delta: amount }, key)];
  }
  return records.map((record, position) => toRequest(record, record.idempotencyKey ?? `${key}#${position}`));
}

function toRequest(input: RecordInput, key: string): UsageRequest {
  const { userId: asked, featureId: wanted, delta: amount, action = 'ADD', occurredAt, require = false } = input;
  const at = occurredAt === undefined ? null : new Date(occurredAt);
  return { idempotencyKey: key, userId: asked, featureId: wanted, action, delta: amount, occurredAt: at, require };
}

export function toUsageRecordDto({ period: counted, occurredAt, recordedAt, ...record }: RecordedUsage, replayed: boolean): UsageRecordDto {
  return {
    ...record,
    period: counted === null ? null : toBounds(counted),
    occurredAt: occurredAt.toISOString(),
    recordedAt: recordedAt.toISOString(),
    replayed,
  };
}

export function toUsageBatchItem(outcome: UsageOutcome): UsageRecordDto | RefusedRecordDto {
  if (outcome.kind === 'RECORDED') {
    return toUsageRecordDto(outcome.record, outcome.replayed);
  }
  const { userId: asked, featureId: wanted, idempotencyKey: key } = outcome.request;
  const { status, code, detail } = describeFailure(outcome.error);
  return { userId: asked, featureId: wanted, idempotencyKey: key, problem: { status, code, detail }, ...entitlementOf(outcome) };
}

function entitlementOf(outcome: Exclude<UsageOutcome, { kind: 'RECORDED' }>): { entitlement?: EntitlementDto } {
  return outcome.kind === 'OVER_BUDGET' ? { entitlement: toEntitlementDto(outcome.answer) } : {};
}

export function toUsagePeriodDto({ period: { start, end }, used, current }: UsageInPeriod): UsagePeriodDto {
  return { start: start?.toISOString() ?? null, end: end?.toISOString() ?? null, used, current };
}

function toBounds({ start, end }: UsagePeriod): z.output<typeof period> {
  return { start: start?.toISOString() ?? null, end: end?.toISOString() ?? null };
}
