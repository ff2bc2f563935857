import { ManualSubscriptionService, SubscribeCommandService } from '@app/subscriptions';
import type { CommandFacts } from '@app/sync';
import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { AskedBy, type CommandCaller } from '../commands/command-caller.decorator.js';
import { CommandDesk } from '../commands/command-desk.js';
import { CommandAnswer } from '../commands/command-operation.js';
import { PREVIEW_REFUSALS } from '../commands/command-words.js';
import type { CommandDto } from '../commands/command.dto.js';
import { newSubscriptionsSchema, type NewSubscriptionsDto, subscribeInput, type SubscribeInputDto, toWanted } from './subscribe.dto.js';
import { manualExample } from './subscription-change.dto.js';
import { SubscriptionQueries } from './subscription.queries.js';

/** Subscribes users: in Kana alone at once (rule S7), through Stripe by a command (rule K1). */
@ApiTags('Subscriptions')
@Controller('v1/subscriptions')
export class SubscribeController {
  constructor(
    private readonly manual: ManualSubscriptionService,
    private readonly paid: SubscribeCommandService,
    private readonly subscriptions: SubscriptionQueries,
    private readonly desk: CommandDesk,
  ) {}

  @Post()
  @CommandAnswer({
    id: 'subscribe',
    summary: 'Subscribe a user',
    description:
      'To all of these packages at once, or to none. A user has one base package; an add-on that requires a base goes with one that the user has or gets in the same call, and does not outlast it.\n\nWith `billing: KANA` it is given here alone, and imports and syncs never touch it. With `billing: STRIPE` Kana makes one subscription in Stripe, and a customer before it for a user who has none: what Stripe cannot collect at once is not made, unless there is a trial, or invoices are sent.',
    idempotency: 'required',
    bodyExample: { userId: 'ann@example.com', packageIds: ['team'], billing: 'KANA' },
    ok: { status: 201, description: 'The new subscriptions.', schema: newSubscriptionsSchema, example: { data: [manualExample] } },
    errors: {
      400: ['connection_required'],
      404: ['user_not_found', 'package_not_found', 'connection_not_found'],
      409: ['already_subscribed', 'several_base_packages', 'connection_disconnected', 'customer_deleted'],
      412: PREVIEW_REFUSALS[412],
      422: ['package_not_published', 'package_archived', 'addon_without_base', 'addon_not_for_base', 'addon_outlives_base', 'starts_at_future', 'cancel_at_past', 'price_not_found', 'price_ambiguous', 'price_differs', ...PREVIEW_REFUSALS[422]],
    },
  })
  async subscribe(
    @Body({ schema: subscribeInput }) input: SubscribeInputDto,
    @AskedBy() caller: CommandCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NewSubscriptionsDto | CommandDto> {
    if (input.billing === 'STRIPE') {
      const { billing: _stripe, preview, ...wanted } = input;
      const appended = await this.paid.ask({ ...toWanted(wanted), preview }, caller.askedBy);
      return this.desk.answer(appended, { waitSeconds: caller.waitSeconds, reply, doneStatus: 201, done: (command) => this.made(command, input.packageIds) });
    }
    const { billing: _kana, startsAt = null, cancelAt = null, ...wanted } = input;
    const ids = await this.manual.subscribe({ ...wanted, startsAt, cancelAt }, caller.askedBy);
    return { data: await this.subscriptions.listById(ids) };
  }

  private async made({ connectionId, result }: CommandFacts, packageIds: readonly string[]): Promise<NewSubscriptionsDto> {
    const made = await this.subscriptions.listOfStripe(connectionId, result?.id ?? '');
    return { data: made.toSorted((one, other) => packageIds.indexOf(one.packageId) - packageIds.indexOf(other.packageId)) };
  }
}
