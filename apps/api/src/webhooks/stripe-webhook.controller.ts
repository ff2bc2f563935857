import { invalid } from '@app/common';
import { type EventAddressee, readWebhook, UnreadableEventError, type WebhookReading, WebhookVerifier } from '@app/stripe';
import { Controller, Logger, Param, Post, Req } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

import { Public } from '../access/public.decorator.js';
import { RequestLimits } from '../access/request-limits.js';
import { HttpFailure } from '../http/http-failure.js';
import { callerId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { EventBell } from './event-bell.js';
import { EventIntake } from './event-intake.js';
import { RawBody } from './raw-body.js';

const receipt = z.object({ received: z.literal(true) }).meta({ id: 'WebhookReceipt' });
const RECEIVED = { received: true } as const;

const eventExample = {
  id: 'evt_1Q2w3E',
  object: 'event',
  type: 'customer.subscription.updated',
  created: 1_772_366_400,
  livemode: false,
  api_version: '2026-10-28.endive',
  data: { object: { id: 'sub_1Q2w3E', object: 'subscription' } },
};

const WHY_REFUSED = {
  ABSENT: 'There is no Stripe-Signature header that could be read.',
  WRONG: 'This body was not signed with a secret of this connection.',
  TOO_OLD: 'The signature is more than five minutes old.',
  FROM_THE_FUTURE: 'The signature is from more than five minutes ahead.',
} as const;

@ApiTags('Webhooks')
@Controller('webhooks/stripe')
export class StripeWebhookController {
  private readonly logger = new Logger(StripeWebhookController.name);

  constructor(
    private readonly verifier: WebhookVerifier,
    private readonly intake: EventIntake,
    private readonly bell: EventBell,
    private readonly limits: RequestLimits,
  ) {}

  @Post(':connectionId')
  @Public()
  @RawBody()
  @ApiHeader({ name: 'Stripe-Signature', required: true, description: '`t=…,v1=…`: Stripe’s signature of the body.' })
  @Operation({
    id: 'receiveStripeWebhook',
    summary: 'Take a webhook of Stripe',
    description:
      'For Stripe alone: who has no signing secret of the connection gets 400. An authentic event is stored before it is answered, whatever is in it; one that came before is counted, and one that is not for this connection is kept as ignored. Needs no key.',
    bodyExample: eventExample,
    ok: { status: 200, description: 'The event is stored.', schema: receipt, example: RECEIVED },
    errors: {
      400: ['webhook_signature_invalid', 'event_unreadable'],
      404: ['connection_not_found'],
      410: ['connection_disconnected'],
      429: ['rate_limited'],
      503: ['webhook_backlog', 'secret_unreadable'],
    },
    isPublic: true,
  })
  async receive(@Param('connectionId', { schema: callerId }) connectionId: string, @Req() request: FastifyRequest): Promise<z.output<typeof receipt>> {
    const body = bodyOf(request);
    const addressee = await this.addresseeOf(connectionId, body, request);
    const event = this.read(connectionId, body, addressee);
    await this.intake.take(connectionId, event);
    if (event.ignored === null) {
      this.bell.ring(connectionId);
    }
    return RECEIVED;
  }

  private async addresseeOf(connectionId: string, body: Buffer, { headers, ip }: FastifyRequest): Promise<EventAddressee> {
    const header = headers['stripe-signature'];
    const verdict = await this.verifier.verify(connectionId, { body, header: typeof header === 'string' ? header : undefined });
    if (verdict.kind === 'AUTHENTIC') {
      return verdict.addressee;
    }
    this.limits.countForgery(ip);
    switch (verdict.kind) {
      case 'UNKNOWN_CONNECTION':
        throw new HttpFailure({ status: 404, code: 'connection_not_found', detail: 'There is no such Stripe connection.' });
      case 'DISCONNECTED':
        throw new HttpFailure({ status: 410, code: 'connection_disconnected', detail: 'This Stripe account was disconnected from Kana. Delete this webhook endpoint in Stripe.' });
      case 'REFUSED':
        throw invalid('webhook_signature_invalid', WHY_REFUSED[verdict.why]);
    }
  }

  private read(connectionId: string, body: Buffer, addressee: EventAddressee): WebhookReading {
    try {
      return readWebhook(body, addressee);
    } catch (error) {
      if (error instanceof UnreadableEventError) {
        this.logger.warn({ connectionId, problem: error.message }, 'An authentic webhook is no event');
        throw invalid('event_unreadable', error.message);
      }
      throw error;
    }
  }
}

function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}
