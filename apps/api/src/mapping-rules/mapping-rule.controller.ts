import { MappingRuleService } from '@app/mapping';
import { ConnectionService } from '@app/stripe';
import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { decodeCursor, toPage } from '../http/cursor.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type MappingRuleDto, mappingRuleExample, mappingRuleInput, type MappingRuleInputDto, mappingRuleKey, mappingRulePage, type MappingRuleQuery, mappingRuleQuery, mappingRuleSchema, type RuleMadeDto, ruleMadeExample, ruleMadeSchema, toMappingRule } from './mapping-rule.dto.js';
import { MappingRuleDesk } from './mapping-rule-desk.js';

@ApiTags('Price mapping')
@Controller('v1/stripe/mapping-rules')
export class MappingRuleController {
  constructor(
    private readonly connections: ConnectionService,
    private readonly rules: MappingRuleService,
    private readonly desk: MappingRuleDesk,
  ) {}

  @Post()
  @Operation({
    id: 'createMappingRule',
    summary: 'Map the prices of a product as they come',
    description: 'From now on every price of the product, or only those of an interval or a currency, maps to the package when it is first seen, whichever way. The rule that says most decides: interval and currency, then interval, then currency, then neither. Prices seen before stay as they are, save with `applyToExisting`. One-off prices are never mapped.',
    bodyExample: { productId: 'prod_1Q2w3E', interval: 'month', packageId: 'team', applyToExisting: true },
    ok: { status: 201, description: 'The rule, what it mapped, and what that converted.', schema: ruleMadeSchema, example: ruleMadeExample, headers: { Location: 'Where the rule is.' } },
    errors: { 400: ['connection_required'], 404: ['connection_not_found'], 409: ['rule_exists', 'preview_required'], 422: ['product_not_found', 'package_not_found', 'package_archived'] },
  })
  async create(@Body({ schema: mappingRuleInput }) { connectionId, applyToExisting, ...wanted }: MappingRuleInputDto, @Res({ passthrough: true }) reply: FastifyReply): Promise<RuleMadeDto> {
    const { id } = await this.connections.resolve(connectionId);
    const made = await this.desk.create(id, wanted, applyToExisting);
    void reply.header('Location', `/v1/stripe/mapping-rules/${made.id}`);
    return made;
  }

  @Get()
  @Operation({
    id: 'listMappingRules',
    summary: 'List mapping rules',
    description: 'Of one Stripe account, newest first.',
    ok: { status: 200, description: 'A page of rules.', schema: mappingRulePage, example: { data: [mappingRuleExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid', 'connection_required'], 404: ['connection_not_found'] },
  })
  async list(@Query({ schema: mappingRuleQuery }) { limit, cursor, connectionId, productId }: MappingRuleQuery): Promise<Page<MappingRuleDto>> {
    const { id } = await this.connections.resolve(connectionId);
    const before = cursor === undefined ? undefined : decodeCursor(cursor, mappingRuleKey)[0];
    const rules = await this.rules.list({ connectionId: id, productId, before, limit: limit + 1 });
    return toPage(rules, limit, (rule) => [rule.id], toMappingRule);
  }

  @Get(':id')
  @Operation({
    id: 'getMappingRule',
    summary: 'Get a mapping rule',
    description: 'Whether it still maps is told by the status of its package.',
    ok: { status: 200, description: 'The rule.', schema: mappingRuleSchema, example: mappingRuleExample },
    errors: { 404: ['rule_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<MappingRuleDto> {
    return toMappingRule(await this.rules.get(id));
  }

  @Delete(':id')
  @Operation({
    id: 'deleteMappingRule',
    summary: 'Delete a mapping rule',
    description: 'Prices first seen from now on stay unmapped, or fall to another rule. The mappings that it made stay.',
    ok: { status: 204, description: 'Deleted.' },
    errors: { 404: ['rule_not_found'] },
  })
  async delete(@Param('id', { schema: callerId }) id: string): Promise<void> {
    await this.rules.delete(id);
  }
}
