import { ENTITLEMENT_REASONS, type EntitlementAnswer, type EntitlementOutcome, type EntitlementQuestion, type UsagePeriod } from '@app/subscriptions';
import { z } from 'zod';

import { describeFailure } from '../http/describe-failure.js';
import { callerId, isoTime, queryFlag } from '../http/schemas.js';
import { toWhyDto, whySchema } from './why.dto.js';

const MAXIMUM_DELTA = 1_000_000_000;
const MAXIMUM_CHECKS = 100;

const userId = callerId.meta({ description: 'The id of the user, or an alias.', example: 'ann@example.com' });
const featureId = callerId.meta({ example: 'api-calls' });
const DELTA = { description: 'How much is about to be used; consumable features only. 1 by default.', example: 1 };
const EXPLAIN = { description: 'Whether to say why, for yes and no.' };

export const entitlementQuery = z.strictObject({
  delta: z.coerce.number().int().min(0).max(MAXIMUM_DELTA).default(1).meta(DELTA),
  explain: queryFlag.optional().meta(EXPLAIN),
});
export type EntitlementQuery = z.output<typeof entitlementQuery>;

const question = {
  delta: z.int().min(0).max(MAXIMUM_DELTA).optional().meta(DELTA),
  explain: z.boolean().optional().meta(EXPLAIN),
};
const oneCheck = z.strictObject({ userId, featureId, ...question }).meta({ id: 'EntitlementQuestion' });
export type CheckDto = z.output<typeof oneCheck>;

export const checkInput = z
  .strictObject({
    userId: userId.optional(),
    featureId: featureId.optional(),
    ...question,
    checks: z.array(oneCheck).min(1).max(MAXIMUM_CHECKS).optional().meta({ description: `Instead of one question: 1–${MAXIMUM_CHECKS} of them.` }),
  })
  .superRefine((input, context) => {
    for (const message of faultsOf(input)) {
      context.addIssue({ code: 'custom', ...message });
    }
  })
  .meta({ id: 'EntitlementCheckInput', description: 'One question (`userId` and `featureId`), or a batch (`checks`).' });
export type CheckInputDto = z.output<typeof checkInput>;

interface CheckMembers {
  readonly userId?: string;
  readonly featureId?: string;
  readonly delta?: number;
  readonly explain?: boolean;
  readonly checks?: readonly unknown[];
}

function faultsOf(input: CheckMembers): { path: string[]; message: string }[] {
  const members = ['userId', 'featureId'] as const;
  if (input.checks === undefined) {
    return members.filter((member) => input[member] === undefined).map((member) => ({ path: [member], message: 'is required, unless `checks` is given' }));
  }
  const extra = [...members, 'delta' as const, 'explain' as const].filter((member) => input[member] !== undefined);
  return extra.map((member) => ({ path: [member], message: 'belongs into `checks`' }));
}

const reasonCodes = Object.entries(ENTITLEMENT_REASONS).map(([code, meaning]) => `\`${code}\`: ${meaning}`);

const answerShape = {
  userId: z.string().meta({ description: "The user's current id, also when asked by an alias." }),
  featureId: z.string(),
  access: z.boolean(),
  reason: z.object({
    code: z.enum(Object.keys(ENTITLEMENT_REASONS)).meta({ description: reasonCodes.join('\n') }),
    text: z.string().meta({ description: 'One sentence, for people.' }),
  }),
  consumption: z
    .object({
      used: z.int().meta({ description: 'In the current period.' }),
      budget: z.int().nullable().meta({ description: 'null = unlimited.' }),
      overageEnabled: z.boolean(),
      period: z
        .object({
          start: isoTime.nullable().meta({ description: 'null = without a beginning.' }),
          end: isoTime.nullable().meta({ description: 'When `used` starts again; null = never.' }),
        })
        .nullable()
        .meta({ description: 'The period that `used` was used in; null while no subscription of the user has the feature: all usage there is.' }),
    })
    .nullable()
    .meta({ description: 'null for binary features.' }),
  asOf: isoTime.meta({ description: 'When it was answered.' }),
  syncedThrough: isoTime.nullable().meta({
    description: 'Every change in Stripe up to here is in the answer; null while that is not known of every connected account.',
  }),
};

export const entitlementSchema = z.object({ ...answerShape, why: whySchema.optional() }).meta({ id: 'Entitlement' });
export type EntitlementDto = z.output<typeof entitlementSchema>;

const refusedCheck = z
  .object({
    userId: z.string(),
    featureId: z.string(),
    problem: z.object({ status: z.int(), code: z.string(), detail: z.string() }),
  })
  .meta({ id: 'EntitlementProblem' });

const batchSchema = z
  .object({ data: z.array(z.union([entitlementSchema, refusedCheck])).meta({ description: 'In the order of the questions.' }) })
  .meta({ id: 'EntitlementBatch' });
export const checkSchema = z.union([entitlementSchema, batchSchema]);
export type CheckResultDto = z.output<typeof checkSchema>;

export const userEntitlementsSchema = z
  .object({
    userId: z.string(),
    asOf: isoTime,
    syncedThrough: isoTime.nullable(),
    data: z.array(entitlementSchema).meta({ description: 'One for each feature of the packages subscribed to, in the order of feature ids.' }),
  })
  .meta({ id: 'UserEntitlements' });
export type UserEntitlementsDto = z.output<typeof userEntitlementsSchema>;

export const entitlementExample: EntitlementDto = {
  userId: 'ann@example.com',
  featureId: 'api-calls',
  access: true,
  reason: { code: 'ENTITLED', text: 'Subscribed to package "Gold" (gold): 42 of 1000 used, and 1 more fits.' },
  consumption: {
    used: 42,
    budget: 1000,
    overageEnabled: false,
    period: { start: '2026-02-28T10:00:00.000Z', end: '2026-03-31T10:00:00.000Z' },
  },
  asOf: '2026-03-01T12:00:00.000Z',
  syncedThrough: '2026-03-01T11:59:58.000Z',
};

export function toEntitlementDto({ asOf, syncedThrough, why, consumption, ...answer }: EntitlementAnswer): EntitlementDto {
  return {
    ...answer,
    consumption: consumption === null ? null : { ...consumption, period: toBounds(consumption.period) },
    asOf: asOf.toISOString(),
    syncedThrough: syncedThrough?.toISOString() ?? null,
    ...(why === undefined ? {} : { why: toWhyDto(why) }),
  };
}

function toBounds(period: UsagePeriod | null): { start: string | null; end: string | null } | null {
  return period === null ? null : { start: period.start?.toISOString() ?? null, end: period.end?.toISOString() ?? null };
}

export function toQuestion({ delta = 1, explain = false, ...check }: CheckDto): EntitlementQuestion {
  return { ...check, delta, explain };
}

export function toBatchItem(outcome: EntitlementOutcome): z.output<typeof batchSchema>['data'][number] {
  if (outcome.kind === 'ANSWER') {
    return toEntitlementDto(outcome.answer);
  }
  const { status, code, detail } = describeFailure(outcome.error);
  const { userId: asked, featureId: wanted } = outcome.question;
  return { userId: asked, featureId: wanted, problem: { status, code, detail } };
}
