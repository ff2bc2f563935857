import { conflict } from '@app/common';
import { type AskedCommand, SubscriptionCommandService } from '@app/subscriptions';
import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { AskedBy, type CommandCaller } from '../commands/command-caller.decorator.js';
import { CommandDesk } from '../commands/command-desk.js';
import { CommandOperation } from '../commands/command-operation.js';
import type { CommandDto } from '../commands/command.dto.js';
import { PREVIEW_REFUSALS } from '../commands/command-words.js';
import { callerId } from '../http/schemas.js';
import { addonInput, type AddonInputDto, packageInput, type PackageInputDto, pauseInput, type PauseInputDto, removalInput, type RemovalInputDto } from './package-change.dto.js';
import { type SubscriptionDto, subscriptionExample, subscriptionSchema } from './subscription.dto.js';
import { SubscriptionQueries } from './subscription.queries.js';

const done = { status: 200, description: 'With `Prefer: wait`: the subscription as it is now.', schema: subscriptionSchema, example: subscriptionExample } as const;
const PACKAGE_REFUSALS = ['package_not_published', 'package_archived', 'addon_without_base', 'addon_not_for_base', 'addon_outlives_base', 'price_not_found', 'price_ambiguous'];

interface Answering {
  readonly caller: CommandCaller;
  readonly reply: FastifyReply;
  readonly preview?: string | undefined;
  /** What is shown once it is done. */
  readonly show?: () => Promise<SubscriptionDto>;
}

/** Changes what only Stripe can change, by commands (rule K1). */
@ApiTags('Subscriptions')
@Controller('v1/subscriptions')
export class PackageChangeController {
  constructor(
    private readonly subscriptions: SubscriptionQueries,
    private readonly requests: SubscriptionCommandService,
    private readonly desk: CommandDesk,
  ) {}

  @Post(':id/pause')
  @CommandOperation({
    id: 'pauseCollection',
    summary: 'Pause the collection of payments',
    description: 'Stripe makes invoices and does not collect them, until a time or until it is taken back. Whether that gives access is the connection’s `pausedCollectionGivesAccess`.',
    idempotency: 'required',
    bodyExample: { behavior: 'VOID', resumesAt: '2026-04-01T12:00:00.000Z' },
    ok: done,
    errors: { 409: ['manual_subscription'], 422: ['resumes_at_past'] },
  })
  async pause(@Param('id', { schema: callerId }) id: string, @Body({ schema: pauseInput }) { behavior, resumesAt }: PauseInputDto, @AskedBy() caller: CommandCaller, @Res({ passthrough: true }) reply: FastifyReply): Promise<SubscriptionDto | CommandDto> {
    return this.command({ kind: 'PAUSE', subscriptionId: id, behavior, resumesAt: resumesAt?.toISOString() ?? null }, { caller, reply });
  }

  @Post(':id/unpause')
  @CommandOperation({
    id: 'unpauseCollection',
    summary: 'Let the collection of payments go on',
    description: 'Takes a pause of collection back; without one nothing changes.',
    idempotency: 'required',
    ok: done,
    errors: { 409: ['manual_subscription'] },
  })
  async unpause(@Param('id', { schema: callerId }) id: string, @AskedBy() caller: CommandCaller, @Res({ passthrough: true }) reply: FastifyReply): Promise<SubscriptionDto | CommandDto> {
    return this.command({ kind: 'UNPAUSE', subscriptionId: id }, { caller, reply });
  }

  @Post(':id/change-package')
  @CommandOperation({
    id: 'changeSubscriptionPackage',
    summary: 'Change the package of a subscription',
    description: 'The item of the Stripe subscription goes on with the new package’s price and the same quantity. This subscription ends and another one continues it, with the same usage; of the same package only price and period change. With `Prefer: wait` the answer is the one that continues.',
    idempotency: 'required',
    bodyExample: { packageId: 'business' },
    ok: done,
    errors: { 404: ['package_not_found'], 409: ['manual_subscription', 'item_not_found', 'already_subscribed', 'several_base_packages', 'addons_need_base'], 412: PREVIEW_REFUSALS[412], 422: [...PACKAGE_REFUSALS, ...PREVIEW_REFUSALS[422]] },
  })
  async changePackage(@Param('id', { schema: callerId }) id: string, @Body({ schema: packageInput }) { priceId, preview, ...wanted }: PackageInputDto, @AskedBy() caller: CommandCaller, @Res({ passthrough: true }) reply: FastifyReply): Promise<SubscriptionDto | CommandDto> {
    return this.command({ kind: 'CHANGE_PACKAGE', subscriptionId: id, priceId: priceId ?? null, ...wanted }, { caller, reply, preview, show: () => this.subscriptions.getContinuing(id) });
  }

  @Post(':id/add-addon')
  @CommandOperation({
    id: 'addAddon',
    summary: 'Add an add-on to a subscription',
    description: 'As one more item of the same Stripe subscription. With `Prefer: wait` the answer is the add-on’s subscription.',
    idempotency: 'required',
    bodyExample: { packageId: 'extra-seats', quantity: 3 },
    ok: done,
    errors: { 404: ['package_not_found'], 409: ['manual_subscription', 'already_subscribed'], 412: PREVIEW_REFUSALS[412], 422: [...PACKAGE_REFUSALS, 'package_not_addon', ...PREVIEW_REFUSALS[422]] },
  })
  async addAddon(@Param('id', { schema: callerId }) id: string, @Body({ schema: addonInput }) { priceId, preview, ...wanted }: AddonInputDto, @AskedBy() caller: CommandCaller, @Res({ passthrough: true }) reply: FastifyReply): Promise<SubscriptionDto | CommandDto> {
    return this.command({ kind: 'ADD_ADDON', subscriptionId: id, priceId: priceId ?? null, ...wanted }, { caller, reply, preview, show: () => this.subscriptions.getBeside(id, wanted.packageId) });
  }

  @Post(':id/remove-addon')
  @CommandOperation({
    id: 'removeAddon',
    summary: 'Remove an add-on from its Stripe subscription',
    description: 'Its item alone; what else is in the Stripe subscription goes on.',
    idempotency: 'required',
    bodyExample: { proration: 'NONE' },
    ok: done,
    errors: { 409: ['manual_subscription', 'item_not_found', 'last_item', 'addons_need_base'], ...PREVIEW_REFUSALS },
  })
  async removeAddon(@Param('id', { schema: callerId }) id: string, @Body({ schema: removalInput }) { proration, preview }: RemovalInputDto, @AskedBy() caller: CommandCaller, @Res({ passthrough: true }) reply: FastifyReply): Promise<SubscriptionDto | CommandDto> {
    return this.command({ kind: 'REMOVE_ADDON', subscriptionId: id, proration }, { caller, reply, preview });
  }

  private async command(asked: AskedCommand, { caller, reply, preview, show = () => this.subscriptions.get(asked.subscriptionId) }: Answering): Promise<SubscriptionDto | CommandDto> {
    if (!(await this.requests.isPaid(asked.subscriptionId))) {
      throw conflict('manual_subscription', `Subscription ${asked.subscriptionId} is given in Kana alone: nothing is paid for it. End it, and give another one instead.`);
    }
    return this.desk.ask(asked, { ...caller, reply, preview, done: show });
  }
}
