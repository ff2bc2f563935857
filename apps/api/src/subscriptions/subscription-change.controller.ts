import { refused } from '@app/common';
import { type AskedCommand, ManualSubscriptionService, SubscriptionCommandService } from '@app/subscriptions';
import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { AskedBy, type CommandCaller } from '../commands/command-caller.decorator.js';
import { CommandDesk } from '../commands/command-desk.js';
import { CommandOperation } from '../commands/command-operation.js';
import { PREVIEW_REFUSALS } from '../commands/command-words.js';
import type { CommandDto } from '../commands/command.dto.js';
import { callerId } from '../http/schemas.js';
import { cancelInput, type CancelInputDto, manualExample, quantityInput, type QuantityInputDto } from './subscription-change.dto.js';
import { type SubscriptionDto, subscriptionSchema } from './subscription.dto.js';
import { SubscriptionQueries } from './subscription.queries.js';

const subscription = { status: 200, description: 'The subscription as it is now.', schema: subscriptionSchema } as const;

/** Changes subscriptions: those that Kana itself gives (rule S7) at once, those that are paid through Stripe by a command (rule K1). */
@ApiTags('Subscriptions')
@Controller('v1/subscriptions')
export class SubscriptionChangeController {
  constructor(
    private readonly manual: ManualSubscriptionService,
    private readonly subscriptions: SubscriptionQueries,
    private readonly requests: SubscriptionCommandService,
    private readonly desk: CommandDesk,
  ) {}

  @Post(':id/cancel')
  @CommandOperation({
    id: 'cancelSubscription',
    summary: 'Cancel a subscription',
    description:
      'Now, at a time to come, or at the end of the period that is paid for; asking again moves that time. A base package is not taken from under add-ons that need it: they end with it only where `withAddons` says so. Stripe ends a subscription as a whole: where there is more in it than this, `withAddons` must say that all of it may end.',
    idempotency: 'required',
    bodyExample: { cancelAt: '2026-04-01T12:00:00.000Z', withAddons: true },
    ok: { ...subscription, example: { ...manualExample, cancelAt: '2026-04-01T12:00:00.000Z' } },
    errors: { 409: ['addons_need_base', 'addon_outlives_base', 'other_items_end'], 422: ['cancel_at_past', 'no_period'] },
  })
  async cancel(
    @Param('id', { schema: callerId }) id: string,
    @Body({ schema: cancelInput }) { cancelAt, atPeriodEnd, withAddons }: CancelInputDto,
    @AskedBy() caller: CommandCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubscriptionDto | CommandDto> {
    if (await this.requests.isPaid(id)) {
      const when = atPeriodEnd ? 'PERIOD_END' : cancelAt === undefined ? 'NOW' : { at: cancelAt.toISOString() };
      return this.command({ kind: 'CANCEL', subscriptionId: id, when, withAddons }, caller, reply);
    }
    if (atPeriodEnd) {
      throw refused('no_period', 'A manual subscription has no period. Give a time by `cancelAt`.', [{ pointer: '/atPeriodEnd', detail: 'Only of what is paid through Stripe.' }]);
    }
    await this.manual.end(id, { endsAt: cancelAt ?? 'NOW', withAddons }, caller.askedBy);
    return this.subscriptions.get(id);
  }

  @Post(':id/resume')
  @CommandOperation({
    id: 'resumeSubscription',
    summary: 'Take a pending cancellation back',
    description: 'Of a subscription that has not ended; without a pending cancellation nothing changes. Add-ons that were to end with a manual one still do.',
    idempotency: 'required',
    ok: { ...subscription, example: manualExample },
    errors: { 409: ['addon_outlives_base'] },
  })
  async resume(@Param('id', { schema: callerId }) id: string, @AskedBy() caller: CommandCaller, @Res({ passthrough: true }) reply: FastifyReply): Promise<SubscriptionDto | CommandDto> {
    if (await this.requests.isPaid(id)) {
      return this.command({ kind: 'RESUME', subscriptionId: id }, caller, reply);
    }
    await this.manual.end(id, { endsAt: null, withAddons: false }, caller.askedBy);
    return this.subscriptions.get(id);
  }

  @Post(':id/change-quantity')
  @CommandOperation({
    id: 'changeSubscriptionQuantity',
    summary: 'Change the quantity of a subscription',
    description: 'At once. It multiplies the limits of those features of the package that scale with the quantity; usage stays. What must be paid at once in Stripe, and is not, is not changed.',
    idempotency: 'required',
    bodyExample: { quantity: 5 },
    ok: { ...subscription, example: { ...manualExample, quantity: 5 } },
    errors: { 409: ['item_not_found', 'item_metered'], ...PREVIEW_REFUSALS },
  })
  async changeQuantity(
    @Param('id', { schema: callerId }) id: string,
    @Body({ schema: quantityInput }) { quantity, proration, preview }: QuantityInputDto,
    @AskedBy() caller: CommandCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubscriptionDto | CommandDto> {
    if (await this.requests.isPaid(id)) {
      return this.command({ kind: 'CHANGE_QUANTITY', subscriptionId: id, quantity, proration }, caller, reply, preview);
    }
    await this.manual.changeQuantity(id, quantity, caller.askedBy);
    return this.subscriptions.get(id);
  }

  private command(asked: AskedCommand, caller: CommandCaller, reply: FastifyReply, preview?: string): Promise<SubscriptionDto | CommandDto> {
    return this.desk.ask(asked, { ...caller, reply, preview, done: () => this.subscriptions.get(asked.subscriptionId) });
  }
}
