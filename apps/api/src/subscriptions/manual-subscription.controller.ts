import { refused } from '@app/common';
import { ManualSubscriptionService } from '@app/subscriptions';
import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { RequestedBy } from '../access/requested-by.decorator.js';
import { callerId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { cancelInput, type CancelInputDto, manualExample, newSubscriptionsSchema, type NewSubscriptionsDto, quantityInput, type QuantityInputDto, subscribeInput, type SubscribeInputDto } from './manual-subscription.dto.js';
import { type SubscriptionDto, subscriptionSchema } from './subscription.dto.js';
import { SubscriptionQueries } from './subscription.queries.js';

const subscription = { status: 200, description: 'The subscription as it is now.', schema: subscriptionSchema } as const;

/** Subscriptions that Kana itself gives, for users who do not pay through Stripe (rule S7). */
@ApiTags('Subscriptions')
@Controller('v1/subscriptions')
export class ManualSubscriptionController {
  constructor(
    private readonly manual: ManualSubscriptionService,
    private readonly subscriptions: SubscriptionQueries,
  ) {}

  @Post()
  @Operation({
    id: 'subscribe',
    summary: 'Subscribe a user',
    description:
      'To all of these packages at once, or to none. A user has one base package; an add-on that requires a base goes with one that the user has or gets in the same call, and does not outlast it. Imports and syncs never touch what is given here.',
    idempotency: 'required',
    bodyExample: { userId: 'ann@example.com', packageIds: ['team'], billing: 'KANA' },
    ok: { status: 201, description: 'The new subscriptions.', schema: newSubscriptionsSchema, example: { data: [manualExample] } },
    errors: {
      404: ['user_not_found', 'package_not_found'],
      409: ['already_subscribed', 'several_base_packages'],
      422: ['billing_not_supported', 'package_not_published', 'package_archived', 'addon_without_base', 'addon_not_for_base', 'addon_outlives_base', 'starts_at_future', 'cancel_at_past'],
    },
  })
  async subscribe(@Body({ schema: subscribeInput }) input: SubscribeInputDto, @RequestedBy() requestedBy: string): Promise<NewSubscriptionsDto> {
    const { billing, startsAt = null, cancelAt = null, ...wanted } = input;
    if (billing !== 'KANA') {
      const detail = 'Kana does not make subscriptions in Stripe yet. Subscribe the customer in Stripe: Kana follows by itself.';
      throw refused('billing_not_supported', detail, [{ pointer: '/billing', detail: 'Only `KANA` is supported.' }]);
    }
    const ids = await this.manual.subscribe({ ...wanted, startsAt, cancelAt }, requestedBy);
    return { data: await this.subscriptions.listById(ids) };
  }

  @Post(':id/cancel')
  @Operation({
    id: 'cancelSubscription',
    summary: 'Cancel a manual subscription',
    description:
      'Now, or at a time to come; asking again moves that time. A base package is not taken from under add-ons that need it: they end with it only where `withAddons` says so.',
    idempotency: 'required',
    bodyExample: { cancelAt: '2026-04-01T12:00:00.000Z', withAddons: true },
    ok: { ...subscription, example: { ...manualExample, cancelAt: '2026-04-01T12:00:00.000Z' } },
    errors: {
      404: ['subscription_not_found'],
      409: ['stripe_subscription', 'subscription_ended', 'addons_need_base', 'addon_outlives_base'],
      422: ['cancel_at_past'],
    },
  })
  async cancel(
    @Param('id', { schema: callerId }) id: string,
    @Body({ schema: cancelInput }) { cancelAt, withAddons }: CancelInputDto,
    @RequestedBy() requestedBy: string,
  ): Promise<SubscriptionDto> {
    await this.manual.end(id, { endsAt: cancelAt ?? 'NOW', withAddons }, requestedBy);
    return this.subscriptions.get(id);
  }

  @Post(':id/resume')
  @Operation({
    id: 'resumeSubscription',
    summary: 'Take a pending cancellation back',
    description: 'Of a manual subscription that has not ended; without a pending cancellation nothing changes. Add-ons that were to end with it still do.',
    idempotency: 'required',
    ok: { ...subscription, example: manualExample },
    errors: { 404: ['subscription_not_found'], 409: ['stripe_subscription', 'subscription_ended', 'addon_outlives_base'] },
  })
  async resume(@Param('id', { schema: callerId }) id: string, @RequestedBy() requestedBy: string): Promise<SubscriptionDto> {
    await this.manual.end(id, { endsAt: null, withAddons: false }, requestedBy);
    return this.subscriptions.get(id);
  }

  @Post(':id/change-quantity')
  @Operation({
    id: 'changeSubscriptionQuantity',
    summary: 'Change the quantity of a manual subscription',
    description: 'At once. It multiplies the limits of those features of the package that scale with the quantity; usage stays.',
    idempotency: 'required',
    bodyExample: { quantity: 5 },
    ok: { ...subscription, example: { ...manualExample, quantity: 5 } },
    errors: { 404: ['subscription_not_found'], 409: ['stripe_subscription', 'subscription_ended'] },
  })
  async changeQuantity(
    @Param('id', { schema: callerId }) id: string,
    @Body({ schema: quantityInput }) { quantity }: QuantityInputDto,
    @RequestedBy() requestedBy: string,
  ): Promise<SubscriptionDto> {
    await this.manual.changeQuantity(id, quantity, requestedBy);
    return this.subscriptions.get(id);
  }
}
