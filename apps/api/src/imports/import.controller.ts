import { Clock, Doorbell } from '@app/common';
import { UserIdQueries } from '@app/customers';
import { ConnectionService } from '@app/stripe';
import { ImportRunService } from '@app/sync';
import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { RequestedBy } from '../access/requested-by.decorator.js';
import { decodeCursor, toPage } from '../http/cursor.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type ImportDto, importExample, type ImportInput, importInput, importKey, importPage, type ImportQuery, importQuery, importSchema, type RowDto, rowExample, rowKey, rowPage, type RowQuery, rowQuery, toImport, toRow } from './import.dto.js';

@ApiTags('Imports')
@Controller('v1/stripe/imports')
export class ImportController {
  constructor(
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly runs: ImportRunService,
    private readonly users: UserIdQueries,
    private readonly doorbell: Doorbell,
  ) {}

  @Post()
  @Operation({
    id: 'startImport',
    summary: 'Import a Stripe account',
    description: 'Reads every subscription, ended ones too, with its customer. Runs in the worker; follow it at its Location. Safe to repeat: what has not changed is not written.',
    bodyExample: {},
    isBodyOptional: true,
    ok: { status: 202, description: 'The run, waiting for a worker.', schema: importSchema, example: { ...importExample, status: 'QUEUED' }, headers: { Location: 'Where to follow the run.' } },
    errors: { 400: ['connection_required'], 404: ['connection_not_found'], 409: ['import_running', 'reconciliation_running', 'connection_disconnected'] },
  })
  async start(@Body({ schema: importInput }) input: ImportInput, @RequestedBy() requestedBy: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ImportDto> {
    const connection = await this.connections.resolveConnected(input.connectionId);
    const run = await this.runs.request(connection.id, requestedBy);
    const queued = toImport(await this.runs.get(run.id), this.clock.now());
    await this.doorbell.tryToRing('imports', { connectionId: connection.id });
    void reply.header('Location', `/v1/stripe/imports/${run.id}`);
    return queued;
  }

  @Get()
  @Operation({
    id: 'listImports',
    summary: 'List import runs',
    description: 'Newest first.',
    ok: { status: 200, description: 'A page of runs.', schema: importPage, example: { data: [importExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: importQuery }) { limit, cursor, connectionId }: ImportQuery): Promise<Page<ImportDto>> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor, importKey);
    const runs = await this.runs.list({ connectionId, before, limit: limit + 1 });
    return toPage(runs, limit, ({ run }) => [run.requestedAt.toISOString(), run.id], (run) => toImport(run, this.clock.now()));
  }

  @Get(':id')
  @Operation({
    id: 'getImport',
    summary: 'Get an import run',
    description: 'Its state, counts and progress.',
    ok: { status: 200, description: 'The run.', schema: importSchema, example: importExample },
    errors: { 404: ['import_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<ImportDto> {
    return toImport(await this.runs.get(id), this.clock.now());
  }

  @Get(':id/rows')
  @Operation({
    id: 'listImportRows',
    summary: 'List what an import did',
    description: 'One row for each Stripe subscription that the run created, updated, parked or failed on; unchanged ones are counted only.',
    ok: { status: 200, description: 'A page of rows.', schema: rowPage, example: { data: [rowExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'], 404: ['import_not_found'] },
  })
  async rows(@Param('id', { schema: callerId }) id: string, @Query({ schema: rowQuery }) { limit, cursor, result }: RowQuery): Promise<Page<RowDto>> {
    await this.runs.get(id);
    const after = cursor === undefined ? undefined : decodeCursor(cursor, rowKey)[0];
    const rows = await this.runs.rows(id, { result, after, limit: limit + 1 });
    const userIds = await this.users.idsByKey(rows.flatMap(({ userKey }) => userKey ?? []));
    return toPage(rows, limit, (row) => [row.stripeSubscriptionId], (row) => toRow(row, userIds));
  }
}
