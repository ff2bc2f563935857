import { CommandQueries } from '@app/sync';
import { Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { RequestedBy } from '../access/requested-by.decorator.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { CommandDesk } from './command-desk.js';
import { CommandList } from './command-list.js';
import { RETRY_REFUSALS } from './command-words.js';
import { type CommandDto, commandExample, commandPage, type CommandQuery, commandQuery, commandSchema, queuedExample } from './command.dto.js';

@ApiTags('Sync')
@Controller('v1/sync/commands')
export class CommandController {
  constructor(
    private readonly commands: CommandQueries,
    private readonly all: CommandList,
    private readonly desk: CommandDesk,
  ) {}

  @Get()
  @Operation({
    id: 'listSyncCommands',
    summary: 'List what Kana has asked Stripe to change',
    description: 'Commands, newest first: what was asked for, by whom, and what became of it. What has ended is kept for 90 days unless the installation says otherwise (`COMMAND_RETENTION_DAYS`); what failed and needs somebody, for longer.',
    ok: { status: 200, description: 'A page of commands.', schema: commandPage, example: { data: [commandExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'], 404: ['user_not_found', 'subscription_not_found'] },
  })
  async list(@Query({ schema: commandQuery }) query: CommandQuery): Promise<Page<CommandDto>> {
    return this.all.list(query);
  }

  @Get(':id')
  @Operation({
    id: 'getSyncCommand',
    summary: 'Get a command',
    description: 'What was asked for, when it was sent, answered and confirmed by Stripe’s own event, and how long each took.',
    ok: { status: 200, description: 'The command.', schema: commandSchema, example: commandExample },
    errors: { 404: ['command_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<CommandDto> {
    return this.desk.show(await this.commands.get(id));
  }

  @Post(':id/retry')
  @Operation({
    id: 'retrySyncCommand',
    summary: 'Try a failed command again',
    description: 'Asks for the same once more, by a new command with a key of its own. It is decided anew, as things are now.',
    idempotency: 'required',
    ok: { status: 202, description: 'The new command.', schema: commandSchema, example: { ...queuedExample, retries: 'cmd_06f3k1' }, headers: { Location: 'Where to follow the new command.' } },
    errors: RETRY_REFUSALS,
  })
  async retry(@Param('id', { schema: callerId }) id: string, @RequestedBy() requestedBy: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<CommandDto> {
    return this.desk.retry(id, requestedBy, reply);
  }
}
