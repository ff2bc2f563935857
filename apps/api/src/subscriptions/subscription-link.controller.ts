import { LinkCommandService } from '@app/subscriptions';
import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { AskedBy, type CommandCaller } from '../commands/command-caller.decorator.js';
import { CommandDesk } from '../commands/command-desk.js';
import { CommandAnswer } from '../commands/command-operation.js';
import type { CommandDto } from '../commands/command.dto.js';
import { type LinkDto, linkExample, linkInput, type LinkInputDto, linkSchema, toLink, toWantedLink } from './subscription-link.dto.js';

@ApiTags('Subscriptions')
@Controller('v1/subscription-links')
export class SubscriptionLinkController {
  constructor(
    private readonly links: LinkCommandService,
    private readonly desk: CommandDesk,
  ) {}

  @Post()
  @CommandAnswer({
    id: 'createSubscriptionLink',
    summary: 'Open a page at which somebody subscribes and pays',
    description:
      'A Checkout page of Stripe’s, for a user, or for whoever completes it. What is paid for there belongs to that user, whatever email is typed; without one, to the user of that email, who is made where there is none. Refused like subscribing would be. The page’s address is in the answer if you wait (`Prefer`), and in the command’s `result`.',
    idempotency: 'required',
    bodyExample: { userId: 'ann@example.com', packageIds: ['team'], currency: 'usd', interval: 'MONTH', successUrl: 'https://app.example.com/welcome' },
    ok: { status: 201, description: 'The page.', schema: linkSchema, example: linkExample },
    errors: {
      400: ['connection_required'],
      404: ['user_not_found', 'package_not_found', 'connection_not_found'],
      409: ['already_subscribed', 'several_base_packages', 'connection_disconnected'],
      422: ['package_not_published', 'package_archived', 'addon_without_base', 'addon_not_for_base', 'addon_outlives_base', 'price_not_found', 'price_ambiguous', 'price_differs', 'user_id_too_long', 'expires_at_impossible'],
    },
  })
  async open(@Body({ schema: linkInput }) input: LinkInputDto, @AskedBy() caller: CommandCaller, @Res({ passthrough: true }) reply: FastifyReply): Promise<LinkDto | CommandDto> {
    const appended = await this.links.ask(toWantedLink(input), caller.askedBy);
    return this.desk.answer(appended, { waitSeconds: caller.waitSeconds, reply, doneStatus: 201, done: (command) => Promise.resolve(toLink(command, input)) });
  }
}
