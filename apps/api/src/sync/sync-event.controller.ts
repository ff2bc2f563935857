import { Doorbell } from '@app/common';
import { EventReplayService, SyncEventQueries } from '@app/sync';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { decodeCursor, encodeCursor, toPage } from '../http/cursor.js';
import { type Page, stripeId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import {
  type EventDetailsDto,
  eventDetailsExample,
  eventDetailsSchema,
  type EventDto,
  eventExample,
  eventKey,
  eventPage,
  type EventQuery,
  eventQuery,
  type OneEventQuery,
  oneEventQuery,
  type ReplayedDto,
  replayedSchema,
  type ReplayInput,
  replayInput,
  toEvent,
  toEventDetails,
  waitingExample,
} from './sync-event.dto.js';

@ApiTags('Sync')
@Controller('v1/sync/events')
export class SyncEventController {
  constructor(
    private readonly events: SyncEventQueries,
    private readonly replays: EventReplayService,
    private readonly doorbell: Doorbell,
  ) {}

  @Get()
  @Operation({
    id: 'listSyncEvents',
    summary: 'List Stripe’s events',
    description: 'What Stripe has told, by webhook or found by the poll, and what became of it. Newest first, in the order of their arrival. Kept for 30 days.',
    ok: { status: 200, description: 'A page of events.', schema: eventPage, example: { data: [eventExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: eventQuery }) { limit, cursor, ...filter }: EventQuery): Promise<Page<EventDto>> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor, eventKey);
    const rows = await this.events.list(filter, { before, limit: limit + 1 });
    return toPage(rows, limit, ({ key }) => key, toEvent);
  }

  @Get(':id')
  @Operation({
    id: 'getSyncEvent',
    summary: 'Get one of Stripe’s events',
    description: 'With what Kana had stored of its object before and after, where the event changed that.',
    ok: { status: 200, description: 'The event.', schema: eventDetailsSchema, example: eventDetailsExample },
    errors: { 400: ['connection_required'], 404: ['event_not_found'] },
  })
  async get(@Param('id', { schema: stripeId }) id: string, @Query({ schema: oneEventQuery }) { connectionId }: OneEventQuery): Promise<EventDetailsDto> {
    return toEventDetails(await this.events.get(id, connectionId));
  }

  @Post('replay')
  @Operation({
    id: 'replaySyncEvents',
    summary: 'Replay events by filter',
    description: 'The oldest matching ones first. Each is due again at once and is settled by reading its object from Stripe, so that Kana comes to what is true now. Events about no object are left out.',
    bodyExample: { result: 'DEAD', limit: 100 },
    ok: { status: 202, description: 'How many are replayed.', schema: replayedSchema, example: { replayed: 3, objects: 2, hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async replayMatching(@Body({ schema: replayInput }) { limit, cursor, ...filter }: ReplayInput): Promise<ReplayedDto> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, eventKey);
    const { events, objects, connectionIds, next } = await this.replays.replayMatching(filter, { after, limit });
    for (const connectionId of connectionIds) {
      await this.doorbell.tryToRing('events', { connectionId });
    }
    return { replayed: events, objects, hasMore: next !== null, nextCursor: next === null ? null : encodeCursor(next) };
  }

  @Post(':id/replay')
  @Operation({
    id: 'replaySyncEvent',
    summary: 'Replay an event',
    description: 'It is due again at once, whatever had become of it, and is settled by reading its object from Stripe: Kana comes to what is true now, not back to what the event says.',
    ok: { status: 202, description: 'The event, waiting.', schema: eventDetailsSchema, example: waitingExample },
    errors: { 400: ['connection_required'], 404: ['event_not_found'], 409: ['event_without_object'] },
  })
  async replay(@Param('id', { schema: stripeId }) id: string, @Query({ schema: oneEventQuery }) { connectionId }: OneEventQuery): Promise<EventDetailsDto> {
    const own = await this.replays.replay(id, connectionId);
    const waiting = toEventDetails(await this.events.get(id, own));
    await this.doorbell.tryToRing('events', { connectionId: own });
    return waiting;
  }
}
