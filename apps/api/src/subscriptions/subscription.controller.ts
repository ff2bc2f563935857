import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type SubscriptionDto, subscriptionExample, subscriptionPage, type SubscriptionQuery, subscriptionQuery, subscriptionSchema, type UserSubscriptionQuery, userSubscriptionQuery } from './subscription.dto.js';
import { SubscriptionQueries } from './subscription.queries.js';
import { type TimelineEntryDto, timelineExample, timelinePage, type TimelineQuery, timelineQuery } from './timeline.dto.js';

const page = { status: 200, description: 'A page of subscriptions.', schema: subscriptionPage, example: { data: [subscriptionExample], hasMore: false, nextCursor: null } } as const;

@ApiTags('Subscriptions')
@Controller('v1')
export class SubscriptionController {
  constructor(private readonly subscriptions: SubscriptionQueries) {}

  @Get('subscriptions')
  @Operation({
    id: 'listSubscriptions',
    summary: 'List package subscriptions',
    description: 'Who is subscribed to which package, newest first; ended ones are kept as history.',
    ok: page,
    errors: { 400: ['cursor_invalid'], 404: ['user_not_found'] },
  })
  async list(@Query({ schema: subscriptionQuery }) query: SubscriptionQuery): Promise<Page<SubscriptionDto>> {
    return this.subscriptions.list(query);
  }

  @Get('subscriptions/:id')
  @Operation({
    id: 'getSubscription',
    summary: 'Get a package subscription',
    description: 'One user and one package, with what Stripe says of it.',
    ok: { status: 200, description: 'The subscription.', schema: subscriptionSchema, example: subscriptionExample },
    errors: { 404: ['subscription_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<SubscriptionDto> {
    return this.subscriptions.get(id);
  }

  @Get('subscriptions/:id/timeline')
  @Operation({
    id: 'getSubscriptionTimeline',
    summary: 'Get the timeline of a package subscription',
    description: 'How access by it began, changed and ended, and what set that off; the latest first. What changes nothing about access is not in it.',
    ok: { status: 200, description: 'A page of changes.', schema: timelinePage, example: { data: [timelineExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'], 404: ['subscription_not_found'] },
  })
  async timeline(@Param('id', { schema: callerId }) id: string, @Query({ schema: timelineQuery }) query: TimelineQuery): Promise<Page<TimelineEntryDto>> {
    return this.subscriptions.timeline(id, query);
  }

  @Get('users/:id/subscriptions')
  @Operation({
    id: 'listUserSubscriptions',
    summary: 'List a user’s package subscriptions',
    description: 'Newest first; the user by id or alias.',
    ok: page,
    errors: { 400: ['cursor_invalid'], 404: ['user_not_found'] },
  })
  async listOfUser(@Param('id', { schema: callerId }) id: string, @Query({ schema: userSubscriptionQuery }) query: UserSubscriptionQuery): Promise<Page<SubscriptionDto>> {
    return this.subscriptions.list({ ...query, userId: id });
  }
}
