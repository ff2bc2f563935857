import { Doorbell, refused } from '@app/common';
import { PackageService } from '@app/catalog';
import { ConnectionService, type StripeConnection } from '@app/stripe';
import { ConversionService } from '@app/subscriptions';
import { StreamQueries } from '@app/sync';
import { Body, Controller, Get, Param, Patch, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { callerId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type ConnectionChanges, connectionChanges, type ConnectionDto, connectionExample, type ConnectionInput, connectionInput, connectionList, connectionSchema, type KeyInput, keyInput, toConnection } from './connection.dto.js';

const ok = { status: 200, description: 'The connection.', schema: connectionSchema, example: connectionExample } as const;
const STRIPE_AWAY = ['stripe_unreachable', 'stripe_failing', 'stripe_rate_limited'];
const KEY_REFUSALS = { 400: ['stripe_key_malformed'], 422: ['stripe_key_refused', 'stripe_key_lacks_rights'], 503: STRIPE_AWAY } as const;

@ApiTags('Stripe connections')
@Controller('v1/stripe/connections')
export class ConnectionController {
  constructor(
    private readonly connections: ConnectionService,
    private readonly packages: PackageService,
    private readonly conversions: ConversionService,
    private readonly streams: StreamQueries,
    private readonly doorbell: Doorbell,
  ) {}

  @Post()
  @Operation({
    id: 'connectStripe',
    scope: 'admin',
    summary: 'Connect a Stripe account',
    description: 'Checks the key right by right, keeps it encrypted and begins to read the prices. Imports nothing. The same account again replaces its key.',
    bodyExample: { apiKey: 'rk_test_…' },
    ok: { ...ok, status: 201, headers: { Location: 'Where the connection is.' } },
    errors: { ...KEY_REFUSALS, 404: ['package_not_found'], 409: ['stripe_mode_mismatch', 'demo_database'], 422: [...KEY_REFUSALS[422], 'base_package_invalid'] },
  })
  async connect(@Body({ schema: connectionInput }) input: ConnectionInput, @Res({ passthrough: true }) reply: FastifyReply): Promise<ConnectionDto> {
    await this.requireBasePackage(input.settings?.basePackageId);
    const { connection, created } = await this.connections.connect(input.apiKey, input.settings);
    if (!created && input.settings !== undefined) {
      await this.projectAgain(connection.id);
    }
    await this.doorbell.tryToRing('prices', { connectionId: connection.id });
    void reply.header('Location', `/v1/stripe/connections/${connection.id}`);
    return this.show(connection);
  }

  @Get()
  @Operation({
    id: 'listStripeConnections',
    scope: 'admin',
    summary: 'List connected Stripe accounts',
    description: 'All of them, oldest first.',
    ok: { status: 200, description: 'The connections.', schema: connectionList, example: { data: [connectionExample] } },
  })
  async list(): Promise<{ data: ConnectionDto[] }> {
    const syncedThrough = await this.streams.syncedThrough();
    return { data: (await this.connections.list()).map((connection) => toConnection(connection, syncedThrough.get(connection.id))) };
  }

  @Get(':id')
  @Operation({
    id: 'getStripeConnection',
    scope: 'admin',
    summary: 'Get a Stripe connection',
    description: 'By its id. The key is never shown.',
    ok,
    errors: { 404: ['connection_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<ConnectionDto> {
    return this.show(await this.connections.get(id));
  }

  @Patch(':id')
  @Operation({
    id: 'changeStripeConnection',
    scope: 'admin',
    summary: 'Change a connection’s settings',
    description: 'Subscriptions that are stored are projected again under the new settings at once. `userIdMetadataKey`, `emailMatch` and `customers` count from the next import on.',
    bodyExample: { settings: { pastDueGraceDays: 7 } },
    ok,
    errors: { 404: ['connection_not_found', 'package_not_found'], 422: ['base_package_invalid'] },
  })
  async change(@Param('id', { schema: callerId }) id: string, @Body({ schema: connectionChanges }) changes: ConnectionChanges): Promise<ConnectionDto> {
    await this.requireBasePackage(changes.settings.basePackageId);
    const connection = await this.connections.changeSettings(id, changes.settings);
    await this.projectAgain(id);
    return this.show(connection);
  }

  @Post(':id/check')
  @Operation({
    id: 'checkStripeConnection',
    scope: 'admin',
    summary: 'Check a connection’s key again',
    description: 'Asks Stripe what the stored key may read now.',
    ok,
    errors: { 404: ['connection_not_found'], 422: ['stripe_key_refused'], 503: STRIPE_AWAY },
  })
  async check(@Param('id', { schema: callerId }) id: string): Promise<ConnectionDto> {
    return this.show(await this.connections.check(id));
  }

  @Post(':id/rotate-key')
  @Operation({
    id: 'rotateStripeKey',
    scope: 'admin',
    summary: 'Replace a connection’s key',
    description: 'The new key must belong to the same account. Work under way goes on with the old one; revoke that in Stripe afterwards.',
    bodyExample: { apiKey: 'rk_test_…' },
    ok,
    errors: { ...KEY_REFUSALS, 404: ['connection_not_found'], 409: ['stripe_account_mismatch', 'stripe_mode_mismatch'] },
  })
  async rotateKey(@Param('id', { schema: callerId }) id: string, @Body({ schema: keyInput }) input: KeyInput): Promise<ConnectionDto> {
    return this.show(await this.connections.rotateKey(id, input.apiKey));
  }

  private async show(connection: StripeConnection): Promise<ConnectionDto> {
    return toConnection(connection, (await this.streams.syncedThrough()).get(connection.id));
  }

  /** Other settings may give or take access. */
  private async projectAgain(id: string): Promise<void> {
    await this.conversions.convert(id, { kind: 'LIVE' }, { kind: 'CONNECTION', id });
  }

  /** What a whole subscription stands for must be able to have subscribers (rule M3). */
  private async requireBasePackage(id: string | null | undefined): Promise<void> {
    if (id === null || id === undefined) {
      return;
    }
    const found = await this.packages.get(id);
    if (found.isAddon || found.status !== 'PUBLISHED') {
      throw refused('base_package_invalid', `Package ${id} must be a published base package.`, [{ pointer: '/settings/basePackageId', detail: 'must be a published base package' }]);
    }
  }
}
