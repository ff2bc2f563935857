import { Doorbell } from '@app/common';
import { UserIdQueries } from '@app/customers';
import { ConnectionService } from '@app/stripe';
import { Body, Controller, Get, Param, Post, Query, Res, type StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { RequestedBy } from '../access/requested-by.decorator.js';
import { decodeCursor, toPage } from '../http/cursor.js';
import { callerId, type Page } from '../http/schemas.js';
import { importKey, type ImportQuery, importQuery } from '../imports/import.dto.js';
import { Operation } from '../openapi/operation.decorator.js';
import { FollowOperation } from '../progress/progress-operation.js';
import { RunProgress } from '../progress/run-progress.js';
import { ReconciliationDesk } from './reconciliation-desk.js';
import { type DriftDto, driftExample, driftKey, driftPage, type DriftQuery, driftQuery, pausedExample, type ReconciliationDto, reconciliationExample, type ReconciliationInput, reconciliationInput, reconciliationPage, reconciliationSchema, toDrift, toReconciliation } from './reconciliation.dto.js';

const headers = { Location: 'Where to follow it.' };

@ApiTags('Reconciliations')
@Controller('v1/sync/reconciliations')
export class ReconciliationController {
  constructor(
    private readonly connections: ConnectionService,
    private readonly desk: ReconciliationDesk,
    private readonly users: UserIdQueries,
    private readonly doorbell: Doorbell,
    private readonly progress: RunProgress,
  ) {}

  @Post()
  @Operation({
    id: 'startReconciliation',
    summary: 'Reconcile a Stripe account',
    description: 'Reads everything, repairs what differs, and tells what did. Stops and asks before it takes access from many users. Runs in the worker; follow it at its Location. A reconciliation that waits for a word is given up for it.',
    bodyExample: {},
    isBodyOptional: true,
    ok: { status: 202, description: 'The reconciliation, waiting for a worker.', schema: reconciliationSchema, example: { ...reconciliationExample, status: 'QUEUED' }, headers },
    errors: { 400: ['connection_required'], 404: ['connection_not_found'], 409: ['reconciliation_running', 'import_running', 'connection_disconnected'] },
  })
  async start(@Body({ schema: reconciliationInput }) input: ReconciliationInput, @RequestedBy() requestedBy: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ReconciliationDto> {
    const connection = await this.connections.resolveConnected(input.connectionId);
    const run = await this.desk.runs.requestRun(connection.id, 'RECONCILIATION', requestedBy);
    return this.handOver(run, reply);
  }

  @Get()
  @Operation({
    id: 'listReconciliations',
    summary: 'List reconciliations',
    description: 'Newest first.',
    ok: { status: 200, description: 'A page of reconciliations.', schema: reconciliationPage, example: { data: [reconciliationExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: importQuery }) { limit, cursor, connectionId }: ImportQuery): Promise<Page<ReconciliationDto>> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor, importKey);
    const views = await this.desk.reconciliations.list({ connectionId, before, limit: limit + 1 });
    return toPage(views, limit, ({ run }) => [run.requestedAt.toISOString(), run.id], toReconciliation);
  }

  @Get(':id')
  @Operation({
    id: 'getReconciliation',
    summary: 'Get a reconciliation',
    description: 'Its state, counts, drift, and why it has stopped where it has.',
    ok: { status: 200, description: 'The reconciliation.', schema: reconciliationSchema, example: pausedExample },
    errors: { 404: ['reconciliation_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<ReconciliationDto> {
    return toReconciliation(await this.desk.reconciliations.get(id));
  }

  @FollowOperation({ id: 'followReconciliation', summary: 'Follow a reconciliation', notFound: 'reconciliation_not_found', example: reconciliationExample })
  async follow(@Param('id', { schema: callerId }) id: string): Promise<StreamableFile> {
    return this.progress.follow(id, () => this.get(id));
  }

  @Get(':id/drift')
  @Operation({
    id: 'listDrift',
    summary: 'List what a reconciliation found to differ',
    description: 'One entry for each field of each subscription and customer, as Kana had it and as Stripe has it. Kept for 90 days.',
    ok: { status: 200, description: 'A page of differences.', schema: driftPage, example: { data: [driftExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'], 404: ['reconciliation_not_found'] },
  })
  async drift(@Param('id', { schema: callerId }) id: string, @Query({ schema: driftQuery }) { limit, cursor, stripeId, ...filter }: DriftQuery): Promise<Page<DriftDto>> {
    await this.desk.runs.get(id, 'RECONCILIATION');
    const after = cursor === undefined ? undefined : decodeCursor(cursor, driftKey);
    const rows = await this.desk.drift.list(id, { ...filter, objectId: stripeId, after, limit: limit + 1 });
    const userIds = await this.users.idsByKey(rows.flatMap(({ userKey }) => userKey ?? []));
    return toPage(rows, limit, (row) => [row.objectType, row.objectId, row.field], (row) => toDrift(row, userIds));
  }

  @Post(':id/approve')
  @Operation({
    id: 'approveReconciliation',
    summary: 'Let a reconciliation go on',
    description: 'That has stopped before it takes access from many (`DRIFT_TOO_LARGE`). Each subscription is read once more before it is carried over.',
    ok: { status: 202, description: 'The reconciliation, waiting for a worker.', schema: reconciliationSchema, example: { ...pausedExample, status: 'QUEUED', approvedAt: '2026-03-01T12:30:00.000Z' }, headers },
    errors: { 404: ['reconciliation_not_found'], 409: ['reconciliation_not_paused', 'import_running', 'reconciliation_running'] },
  })
  async approve(@Param('id', { schema: callerId }) id: string, @RequestedBy() approvedBy: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ReconciliationDto> {
    return this.handOver(await this.desk.reconciliations.approve(id, approvedBy), reply);
  }

  /** Told of as it is handed over: the worker is quick. */
  private async handOver({ id, connectionId }: { id: string; connectionId: string }, reply: FastifyReply): Promise<ReconciliationDto> {
    const queued = await this.get(id);
    await this.doorbell.tryToRing('imports', { connectionId });
    void reply.header('Location', `/v1/sync/reconciliations/${id}`);
    return queued;
  }
}
