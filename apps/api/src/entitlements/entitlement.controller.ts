import { EntitlementService } from '@app/subscriptions';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { callerId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import {
  checkInput,
  type CheckInputDto,
  type CheckResultDto,
  checkSchema,
  type EntitlementDto,
  entitlementExample,
  entitlementQuery,
  type EntitlementQuery,
  entitlementSchema,
  toBatchItem,
  toEntitlementDto,
  toQuestion,
  type UserEntitlementsDto,
  userEntitlementsSchema,
} from './entitlement.dto.js';

const { asOf, syncedThrough, userId } = entitlementExample;

@ApiTags('Entitlements')
@Controller('v1')
export class EntitlementController {
  constructor(private readonly entitlements: EntitlementService) {}

  @Get('users/:id/entitlements')
  @Operation({
    id: 'listUserEntitlements',
    summary: 'All that a user has',
    description: 'One answer for each feature of the packages that the user is subscribed to, whether they give access now or not. By id or alias.',
    ok: {
      status: 200,
      description: 'What the user has.',
      schema: userEntitlementsSchema,
      example: { userId, asOf, syncedThrough, data: [entitlementExample] },
    },
    errors: { 404: ['user_not_found'] },
  })
  async list(@Param('id', { schema: callerId }) id: string): Promise<UserEntitlementsDto> {
    const found = await this.entitlements.listFor(id);
    return {
      userId: found.userId,
      asOf: found.asOf.toISOString(),
      syncedThrough: found.syncedThrough?.toISOString() ?? null,
      data: found.entitlements.map(toEntitlementDto),
    };
  }

  @Get('users/:id/entitlements/:featureId')
  @Operation({
    id: 'getUserEntitlement',
    summary: 'May this user use this feature?',
    description: 'And how much of it is left. An unknown user or feature is a 404; a known user without the feature gets `access: false` with the reason.',
    ok: { status: 200, description: 'The answer.', schema: entitlementSchema, example: entitlementExample },
    errors: { 404: ['user_not_found', 'feature_not_found'] },
  })
  async get(
    @Param('id', { schema: callerId }) id: string,
    @Param('featureId', { schema: callerId }) featureId: string,
    @Query({ schema: entitlementQuery }) { delta, explain = false }: EntitlementQuery,
  ): Promise<EntitlementDto> {
    return toEntitlementDto(await this.entitlements.check({ userId: id, featureId, delta, explain }));
  }

  @Post('entitlements/check')
  @Operation({
    id: 'checkEntitlements',
    scope: 'read',
    summary: 'May these users use these features?',
    description:
      'One question, or up to 100 at once, without ids in the URL. In a batch each question has its own answer, or its own problem where the user or the feature is unknown. Changes nothing.',
    bodyExample: { userId: 'ann@example.com', featureId: 'api-calls', delta: 5, explain: false },
    ok: { status: 200, description: 'The answer, or for a batch all answers in the order of the questions.', schema: checkSchema, example: entitlementExample },
    errors: { 404: ['user_not_found', 'feature_not_found'] },
  })
  async check(@Body({ schema: checkInput }) input: CheckInputDto): Promise<CheckResultDto> {
    const { checks } = input;
    if (checks === undefined) {
      const { userId: asked = '', featureId = '', delta, explain } = input;
      return toEntitlementDto(await this.entitlements.check(toQuestion({ userId: asked, featureId, delta, explain })));
    }
    const outcomes = await this.entitlements.checkMany(checks.map(toQuestion));
    return { data: outcomes.map(toBatchItem) };
  }
}
