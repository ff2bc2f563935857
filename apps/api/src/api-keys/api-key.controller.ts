import { ApiKeyLifecycleService } from '@app/access';
import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { RequestedBy } from '../access/requested-by.decorator.js';
import { decodeCursor, toPage } from '../http/cursor.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type ApiKeyDto, apiKeyExample, apiKeyInput, type ApiKeyInputDto, apiKeyKey, apiKeyPage, apiKeyQuery, type ApiKeyQuery, apiKeyRotation, type ApiKeyRotationDto, apiKeySchema, type NewApiKeyDto, newApiKeyExample, newApiKeySchema, toApiKey } from './api-key.dto.js';
import { DeploymentModeQueries } from './deployment-mode.queries.js';

const made = { status: 201, description: 'The key, shown this once.', schema: newApiKeySchema, example: newApiKeyExample, headers: { Location: 'Where the key is.' } } as const;

@ApiTags('API keys')
@Controller('v1/api-keys')
export class ApiKeyController {
  constructor(
    private readonly keys: ApiKeyLifecycleService,
    private readonly deployment: DeploymentModeQueries,
  ) {}

  @Post()
  @Operation({
    id: 'createApiKey',
    scope: 'admin',
    answerHoldsSecret: true,
    summary: 'Make an API key',
    description: 'The answer shows the key once; Kana keeps its SHA-256 and its last four characters. Only a key with the scope `admin` can make one.',
    bodyExample: { name: 'Billing backend', scopes: ['write'], expiresAt: null },
    ok: made,
    errors: { 400: ['expires_at_past'] },
  })
  async create(@Body({ schema: apiKeyInput }) { name, scopes, expiresAt }: ApiKeyInputDto, @RequestedBy() requestedBy: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<NewApiKeyDto> {
    const input = { name, scopes: [...new Set(scopes)], expiresAt: dateOf(expiresAt) };
    const key = await this.keys.create(input, await this.deployment.mode(), requestedBy);
    void reply.header('Location', `/v1/api-keys/${key.id}`);
    return { ...toApiKey(key), key: key.key };
  }

  @Get()
  @Operation({
    id: 'listApiKeys',
    scope: 'admin',
    summary: 'List API keys',
    description: 'Newest first, those that no longer open among them.',
    ok: { status: 200, description: 'A page of keys.', schema: apiKeyPage, example: { data: [apiKeyExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: apiKeyQuery }) { cursor, limit }: ApiKeyQuery): Promise<Page<ApiKeyDto>> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor, apiKeyKey)[0];
    return toPage(await this.keys.list(before, limit + 1), limit, ({ id }) => [id], toApiKey);
  }

  @Get(':id')
  @Operation({
    id: 'getApiKey',
    scope: 'admin',
    summary: 'Get an API key',
    description: 'Without the key itself.',
    ok: { status: 200, description: 'The key.', schema: apiKeySchema, example: apiKeyExample },
    errors: { 404: ['api_key_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<ApiKeyDto> {
    return toApiKey(await this.keys.get(id));
  }

  @Delete(':id')
  @Operation({
    id: 'revokeApiKey',
    scope: 'admin',
    summary: 'Revoke an API key',
    description: 'It opens nothing from now on: at once in the process that answers, within a second in others. Revoking twice changes nothing.',
    ok: { status: 204, description: 'Revoked.' },
    errors: { 404: ['api_key_not_found'], 409: ['api_key_from_settings'] },
  })
  async revoke(@Param('id', { schema: callerId }) id: string): Promise<void> {
    await this.keys.revoke(id);
  }

  @Post(':id/rotate')
  @Operation({
    id: 'rotateApiKey',
    scope: 'admin',
    answerHoldsSecret: true,
    summary: 'Rotate an API key',
    description: 'Makes a second key with the same name and scopes. Both open until the overlap is over; then the old one has expired.',
    bodyExample: { overlapSeconds: 86_400 },
    ok: made,
    errors: { 400: ['expires_at_past'], 404: ['api_key_not_found'], 409: ['api_key_from_settings', 'api_key_not_active', 'api_key_replaced'] },
  })
  async rotate(@Param('id', { schema: callerId }) id: string, @Body({ schema: apiKeyRotation }) { overlapSeconds, expiresAt }: ApiKeyRotationDto, @RequestedBy() requestedBy: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<NewApiKeyDto> {
    const end = expiresAt === undefined ? undefined : dateOf(expiresAt);
    const key = await this.keys.rotate(id, { overlapSeconds, expiresAt: end }, await this.deployment.mode(), requestedBy);
    void reply.header('Location', `/v1/api-keys/${key.id}`);
    return { ...toApiKey(key), key: key.key };
  }
}

function dateOf(time: string | null): Date | null {
  return time === null ? null : new Date(time);
}
