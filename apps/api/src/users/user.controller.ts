import { UserQueries, UserService, type UserView } from '@app/customers';
import { CustomerChangeService } from '@app/subscriptions';
import { Body, Controller, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { AskedBy, type CommandCaller } from '../commands/command-caller.decorator.js';
import { CommandDesk } from '../commands/command-desk.js';
import { PREFER } from '../commands/command-operation.js';
import { ConversionDesk } from '../conversions/conversion-desk.js';
import { decodeCursor, toPage } from '../http/cursor.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { describeAsked, describeNotAsked, type EditedUserDto, editedUserExample, editedUserSchema } from './edited-user.dto.js';
import {
  toUserDto,
  toUserLinkDto,
  userChanges,
  type UserChangesDto,
  type UserDto,
  userExample,
  userInput,
  type UserInputDto,
  userKey,
  type UserLinkDto,
  userLinkExample,
  userLinkKey,
  userLinkPage,
  userLinkQuery,
  type UserLinkQueryDto,
  userPage,
  userQuery,
  type UserQueryDto,
  userSchema,
} from './user.dto.js';

@ApiTags('Users')
@Controller('v1/users')
export class UserController {
  constructor(
    private readonly users: UserService,
    private readonly changes: CustomerChangeService,
    private readonly queries: UserQueries,
    private readonly conversions: ConversionDesk,
    private readonly desk: CommandDesk,
  ) {}

  @Post()
  @Operation({
    id: 'createUser',
    summary: 'Create a user',
    description: 'So that your own id exists before a Stripe customer arrives. What you give stays yours: Stripe fills only what is empty.',
    bodyExample: { id: 'ann', name: 'Ann Example', email: 'ann@example.com', emailVerified: true },
    ok: { status: 201, description: 'The new user.', schema: userSchema, example: userExample },
    errors: { 409: ['user_exists', 'billing_id_taken'] },
  })
  async create(@Body({ schema: userInput }) input: UserInputDto): Promise<UserDto> {
    return this.settled(await this.users.create(input));
  }

  @Get()
  @Operation({
    id: 'listUsers',
    summary: 'List users',
    description: 'In the order of their creation.',
    ok: { status: 200, description: 'A page of users.', schema: userPage, example: { data: [userExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: userQuery }) { cursor, q, limit }: UserQueryDto): Promise<Page<UserDto>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, userKey);
    const rows = await this.queries.list({ after, q, limit: limit + 1 });
    return toPage(rows, limit, ({ createdAt, key }) => [createdAt, key], toUserDto);
  }

  @Get(':id')
  @Operation({
    id: 'getUser',
    summary: 'Get a user',
    description: 'By its id or an alias.',
    ok: { status: 200, description: 'The user.', schema: userSchema, example: userExample },
    errors: { 404: ['user_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<UserDto> {
    return toUserDto(await this.queries.get(id));
  }

  @Patch(':id')
  @Operation({
    id: 'editUser',
    summary: 'Edit a user',
    description:
      'What is left out stays; what you give becomes yours, null empties it and leaves it to Stripe again. A new email counts as unverified unless you say otherwise.\n\nA name or an email that you give is told to the user’s primary Stripe customer as well, by a command: `following` says how that stands. The edit stands in Kana whatever comes of it.',
    bodyExample: { name: 'Ann Example', email: 'ann@example.com' },
    ok: { status: 200, description: 'The user as it is now, and how Stripe follows.', schema: editedUserSchema, example: editedUserExample },
    errors: { 404: ['user_not_found'], 409: ['billing_id_taken'] },
  })
  @ApiHeader({ ...PREFER, description: 'How long you would wait for Stripe, in seconds: `wait=5`, 1–30. The answer is 200 in any case; `following` says what has come of it by then.' })
  async edit(
    @Param('id', { schema: callerId }) id: string,
    @Body({ schema: userChanges }) changes: UserChangesDto,
    @AskedBy() { askedBy, waitSeconds }: CommandCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EditedUserDto> {
    const { user, following } = await this.changes.edit(id, changes, askedBy);
    await this.conversions.afterUserChange(user);
    const told = following.code === 'ASKED' ? describeAsked(await this.desk.follow(following.command, waitSeconds, reply)) : describeNotAsked(following);
    return { ...toUserDto(await this.queries.get(user.id)), following: told };
  }

  @Get(':id/links')
  @Operation({
    id: 'listUserLinks',
    summary: 'List the Stripe customers of a user',
    description: 'With how each was matched, and when; what Stripe shows of it now, and where the user differs from that.',
    ok: { status: 200, description: 'A page of links.', schema: userLinkPage, example: { data: [userLinkExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'], 404: ['user_not_found'] },
  })
  async links(
    @Param('id', { schema: callerId }) id: string,
    @Query({ schema: userLinkQuery }) { cursor, limit }: UserLinkQueryDto,
  ): Promise<Page<UserLinkDto>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, userLinkKey);
    const rows = await this.queries.links(id, { after, limit: limit + 1 });
    return toPage(rows, limit, ({ connectionId, customerId }) => [connectionId, customerId], toUserLinkDto);
  }

  /** A user who is new, or other than before, may settle what customers were in conflict over. */
  private async settled(user: UserView): Promise<UserDto> {
    await this.conversions.afterUserChange(user);
    return toUserDto(await this.queries.get(user.id));
  }
}
