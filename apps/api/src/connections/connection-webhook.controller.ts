import { WebhookService } from '@app/stripe';
import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { callerId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type ConnectionDto, connectionExample, connectionSchema, webhookRotation, type WebhookRotationInput, webhookSecretInput, type WebhookSecretInput } from './connection.dto.js';
import { ConnectionView } from './connection.view.js';

const ok = { status: 200, description: 'The connection.', schema: connectionSchema, example: connectionExample } as const;

@ApiTags('Stripe connections')
@Controller('v1/stripe/connections/:id')
export class ConnectionWebhookController {
  constructor(
    private readonly webhooks: WebhookService,
    private readonly view: ConnectionView,
  ) {}

  @Post('webhook-secret')
  @Operation({
    id: 'giveStripeWebhookSecret',
    scope: 'admin',
    summary: 'Give a webhook secret by hand',
    description: 'The signing secret of an endpoint that you made in Stripe, or with its CLI, for `/webhooks/stripe/{connectionId}`. It counts beside those that are there; the endpoint’s API version may be older.',
    bodyExample: { secret: 'whsec_0123456789abcdef' },
    ok,
    errors: { 404: ['connection_not_found'], 409: ['connection_disconnected'], 422: ['webhook_secrets_too_many'] },
  })
  async giveSecret(@Param('id', { schema: callerId }) id: string, @Body({ schema: webhookSecretInput }) { secret }: WebhookSecretInput): Promise<ConnectionDto> {
    return this.view.show(await this.webhooks.giveSecret(id, secret));
  }

  @Post('rotate-webhook-secret')
  @Operation({
    id: 'rotateStripeWebhookSecret',
    scope: 'admin',
    summary: 'Replace a connection’s webhook secrets',
    description: 'Makes a new endpoint in Stripe, or takes the secret of one that you made by hand. The secrets before go on for a day, so that nothing on its way is lost; the endpoint that Kana made before is deleted.',
    bodyExample: { overlapSeconds: 3600 },
    isBodyOptional: true,
    ok,
    errors: {
      404: ['connection_not_found'],
      409: ['connection_disconnected', 'public_url_missing'],
      422: ['stripe_right_missing', 'stripe_key_refused', 'stripe_request_refused'],
      503: ['stripe_unreachable', 'stripe_failing', 'stripe_rate_limited'],
    },
  })
  async rotate(@Param('id', { schema: callerId }) id: string, @Body({ schema: webhookRotation }) rotation: WebhookRotationInput): Promise<ConnectionDto> {
    return this.view.show(await this.webhooks.rotate(id, rotation));
  }
}
