import { CommandPreviewService, SubscribePreviewService } from '@app/subscriptions';
import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { toWanted } from '../subscriptions/subscribe.dto.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type PreviewDto, previewExample, previewInput, type PreviewInputDto, previewSchema, toAsked, toPreview } from './preview.dto.js';

@ApiTags('Sync')
@Controller('v1/sync/commands/previews')
export class PreviewController {
  constructor(
    private readonly previews: CommandPreviewService,
    private readonly subscribing: SubscribePreviewService,
  ) {}

  @Post()
  @Operation({
    id: 'previewSyncCommand',
    summary: 'Preview a change through Stripe',
    description: 'What Stripe would invoice now and from then on, and which features the user would gain and lose. Changes nothing. Give its `preview` with the command, and the change costs just what is shown here, or is refused.',
    scope: 'read',
    bodyExample: { kind: 'CHANGE_QUANTITY', subscriptionId: 'psub_06f3k2', quantity: 5, proration: 'CREATE' },
    ok: { status: 200, description: 'What it would cost and do.', schema: previewSchema, example: previewExample },
    errors: {
      400: ['connection_required'],
      404: ['subscription_not_found', 'package_not_found', 'user_not_found', 'connection_not_found'],
      409: ['subscription_not_paid', 'connection_disconnected', 'customer_deleted', 'subscription_ended', 'schedule_attached', 'pending_update', 'other_items_end', 'item_not_found', 'item_metered', 'last_item', 'already_subscribed', 'several_base_packages', 'addons_need_base'],
      422: ['cancel_at_past', 'resumes_at_past', 'package_not_published', 'package_archived', 'package_not_addon', 'addon_without_base', 'addon_not_for_base', 'addon_outlives_base', 'price_not_found', 'price_ambiguous', 'price_differs', 'stripe_request_refused', 'stripe_right_missing', 'stripe_key_refused'],
      503: ['stripe_unreachable', 'stripe_failing', 'stripe_rate_limited', 'stripe_object_unreadable'],
    },
  })
  async preview(@Body({ schema: previewInput }) input: PreviewInputDto): Promise<PreviewDto> {
    if (input.kind === 'SUBSCRIBE') {
      const { kind: _subscribe, ...wanted } = input;
      return toPreview(await this.subscribing.preview(toWanted(wanted)));
    }
    return toPreview(await this.previews.preview(toAsked(input)));
  }
}
