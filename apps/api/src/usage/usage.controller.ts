import { invalid } from '@app/common';
import { UsagePeriodsService, UsageService } from '@app/subscriptions';
import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { IdempotencyKey } from '../access/idempotency-key.decorator.js';
import { RequestedBy } from '../access/requested-by.decorator.js';
import { decodeCursor, toPage } from '../http/cursor.js';
import { PROBLEM_MEDIA_TYPE } from '../http/problem.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type OverBudgetProblem, toOverBudgetProblem } from './over-budget-problem.js';
import {
  periodKey,
  toUsageBatchItem,
  toUsagePeriodDto,
  toUsageRecordDto,
  toUsageRequests,
  usageInput,
  type UsageInputDto,
  type UsagePeriodDto,
  usagePeriodPage,
  type UsagePeriodQuery,
  usagePeriodQuery,
  usageRecordExample,
  type UsageResultDto,
  usageResultSchema,
} from './usage.dto.js';

const USAGE_REFUSALS = ['feature_not_consumable', 'usage_below_zero', 'usage_too_large', 'usage_in_future', 'idempotency_key_reused'];

@ApiTags('Usage')
@Controller('v1')
export class UsageController {
  constructor(
    private readonly usage: UsageService,
    private readonly periods: UsagePeriodsService,
  ) {}

  @Post('usage')
  @Operation({
    id: 'recordUsage',
    summary: 'Record usage',
    description: [
      'One record, or up to 1,000 at once, without ids in the URL. Counted once for each idempotency key, however often it is sent: the same record again is answered as the first time, with `replayed: true`.',
      'Usage is recorded whether the user is entitled to it or not; with `require: true` only what fits is, and the rest answers 409 with what the user has in `entitlement`.',
      'In a batch each record has its own answer, or its own problem, and one that is refused does not hold up the others.',
    ].join(' '),
    idempotency: 'own',
    audited: false,
    bodyExample: { userId: 'ann@example.com', featureId: 'api-calls', delta: 5, require: true },
    ok: { status: 200, description: 'The record, or for a batch all answers in the order of the records.', schema: usageResultSchema, example: usageRecordExample },
    errors: { 404: ['user_not_found', 'feature_not_found'], 409: ['usage_over_budget'], 422: USAGE_REFUSALS },
  })
  async record(
    @Body({ schema: usageInput }) input: UsageInputDto,
    @IdempotencyKey() key: string | undefined,
    @RequestedBy() requestedBy: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UsageResultDto | OverBudgetProblem> {
    if (key === undefined) {
      throw invalid('idempotency_key_required', 'Send an Idempotency-Key: the same one when you repeat this call, a new one for a new call.');
    }
    const outcomes = await this.usage.record(requestedBy, toUsageRequests(input, key));
    const [outcome] = outcomes;
    if (input.records !== undefined || outcome === undefined) {
      return { data: outcomes.map(toUsageBatchItem) };
    }
    switch (outcome.kind) {
      case 'RECORDED':
        return toUsageRecordDto(outcome.record, outcome.replayed);
      case 'REFUSED':
        throw outcome.error;
      case 'OVER_BUDGET':
        void reply.status(409).header('Content-Type', PROBLEM_MEDIA_TYPE).serializer(JSON.stringify);
        return toOverBudgetProblem(outcome.error, outcome.answer, request.id);
    }
  }

  @Get('users/:id/usage/:featureId')
  @Operation({
    id: 'listUsagePeriods',
    summary: 'What a user used, period by period',
    description:
      'The current period and those before it, the youngest first, back to the beginning of the subscription or to the first usage. Periods are those of the terms that count now; a user whom no open subscription gives the feature has one without bounds.',
    ok: {
      status: 200,
      description: 'A page of periods.',
      schema: usagePeriodPage,
      example: { data: [{ ...usageRecordExample.period, used: 42, current: true }], hasMore: false, nextCursor: null },
    },
    errors: { 400: ['cursor_invalid'], 404: ['user_not_found', 'feature_not_found'], 422: ['feature_not_consumable'] },
  })
  async list(
    @Param('id', { schema: callerId }) id: string,
    @Param('featureId', { schema: callerId }) featureId: string,
    @Query({ schema: usagePeriodQuery }) { cursor, limit }: UsagePeriodQuery,
  ): Promise<Page<UsagePeriodDto>> {
    const before = cursor === undefined ? undefined : new Date(decodeCursor(cursor, periodKey)[0]);
    const rows = await this.periods.list(id, featureId, { before, limit: limit + 1 });
    return toPage(rows, limit, ({ period }) => [period.start?.toISOString()], toUsagePeriodDto);
  }
}
