import { Doorbell, refused } from '@app/common';
import { PackageService } from '@app/catalog';
import { ConnectionService, WebhookService } from '@app/stripe';
import { ConversionService } from '@app/subscriptions';
import { Body, Controller, Get, Param, Patch, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { callerId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type ConnectionChanges, connectionChanges, type ConnectionDto, connectionExample, type ConnectionInput, connectionInput, connectionList, connectionSchema, type KeyInput, keyInput } from './connection.dto.js';
import { ConnectionView } from './connection.view.js';

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
    private readonly doorbell: Doorbell,
    private readonly webhooks: WebhookService,
    private readonly view: ConnectionView,
  ) {}

  @Post()
  @Operation({
    id: 'connectStripe',
    scope: 'admin',
    summary: 'Connect a Stripe account',
    description:
      'Checks the key right by right, keeps it encrypted, makes a webhook endpoint in Stripe (where PUBLIC_URL is set and no `webhookSecret` is given) and begins to read the prices. Imports nothing. The same account again replaces its key, and goes on where it was if it was disconnected.',
    bodyExample: { apiKey: 'rk_test_…' },
    ok: { ...ok, status: 201, headers: { Location: 'Where the connection is.' } },
    errors: { ...KEY_REFUSALS, 404: ['package_not_found'], 409: ['stripe_mode_mismatch', 'demo_database', 'connection_disconnected'], 422: [...KEY_REFUSALS[422], 'base_package_invalid', 'webhook_secrets_too_many'] },
  })
  async connect(@Body({ schema: connectionInput }) input: ConnectionInput, @Res({ passthrough: true }) reply: FastifyReply): Promise<ConnectionDto> {
    await this.requireBasePackage(input.settings?.basePackageId);
    const { connection, created } = await this.connections.connect(input.apiKey, input.settings);
    if (!created && input.settings !== undefined) {
      await this.projectAgain(connection.id);
    }
    await this.doorbell.tryToRing('prices', { connectionId: connection.id });
    if (input.webhookSecret !== undefined) {
      await this.webhooks.giveSecret(connection.id, input.webhookSecret);
    }
    const ready = await this.webhooks.ensure(connection.id);
    void reply.header('Location', `/v1/stripe/connections/${connection.id}`);
    return this.view.show(ready);
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
    return { data: await this.view.showAll(await this.connections.list()) };
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
    return this.view.show(await this.connections.get(id));
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
    return this.view.show(connection);
  }

  @Post(':id/check')
  @Operation({
    id: 'checkStripeConnection',
    scope: 'admin',
    summary: 'Check a connection’s key again',
    description: 'Asks Stripe what the stored key may do now, and puts the webhook endpoint right: made where it is missing, corrected where it differs.',
    ok,
    errors: { 404: ['connection_not_found'], 409: ['connection_disconnected'], 422: ['stripe_key_refused'], 503: STRIPE_AWAY },
  })
  async check(@Param('id', { schema: callerId }) id: string): Promise<ConnectionDto> {
    await this.connections.check(id);
    return this.view.show(await this.webhooks.ensure(id));
  }

  @Post(':id/rotate-key')
  @Operation({
    id: 'rotateStripeKey',
    scope: 'admin',
    summary: 'Replace a connection’s key',
    description: 'The new key must belong to the same account. Work under way goes on with the old one; revoke that in Stripe afterwards.',
    bodyExample: { apiKey: 'rk_test_…' },
    ok,
    errors: { ...KEY_REFUSALS, 404: ['connection_not_found'], 409: ['stripe_account_mismatch', 'stripe_mode_mismatch', 'connection_disconnected'] },
  })
  async rotateKey(@Param('id', { schema: callerId }) id: string, @Body({ schema: keyInput }) input: KeyInput): Promise<ConnectionDto> {
    await this.connections.rotateKey(id, input.apiKey);
    return this.view.show(await this.webhooks.ensure(id));
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
