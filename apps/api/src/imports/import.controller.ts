import { Doorbell } from '@app/common';
import { ConnectionService } from '@app/stripe';
import { DryRunService } from '@app/subscriptions';
import { type ImportRun, ImportRunService } from '@app/sync';
import { Body, Controller, Get, Param, Post, Query, Res, type StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { RequestedBy } from '../access/requested-by.decorator.js';
import { decodeCursor, toPage } from '../http/cursor.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { FollowOperation } from '../progress/progress-operation.js';
import { RunProgress } from '../progress/run-progress.js';
import { ImportScopes } from './import-scopes.js';
import { type ImportDto, importExample, type ImportInput, importInput, importKey, importPage, type ImportQuery, importQuery, importSchema, toImport } from './import.dto.js';

@ApiTags('Imports')
@Controller('v1/stripe/imports')
export class ImportController {
  constructor(
    private readonly connections: ConnectionService,
    private readonly runs: ImportRunService,
    private readonly dryRuns: DryRunService,
    private readonly doorbell: Doorbell,
    private readonly progress: RunProgress,
    private readonly scopes: ImportScopes,
  ) {}

  @Post()
  @Operation({
    id: 'startImport',
    summary: 'Import a Stripe account, or see what that would do',
    description: [
      'Reads every subscription, ended ones too, with its customer. Runs in the worker; follow it at its Location. Safe to repeat: what has not changed is not written.',
      'With `dryRun` the same is done to a copy of Kana’s data, which is then thrown away: its counts, rows and access changes tell what an import would do, and nothing is changed.',
      'With `dryRunId` the import runs only if all that the dry run has built on is as it was; else the answer is 412 with what has changed.',
    ].join('\n\n'),
    bodyExample: {},
    isBodyOptional: true,
    ok: { status: 202, description: 'The run, waiting for a worker.', schema: importSchema, example: { ...importExample, status: 'QUEUED' }, headers: { Location: 'Where to follow the run.' } },
    errors: {
      400: ['connection_required'],
      404: ['connection_not_found', 'import_not_found'],
      409: ['import_running', 'reconciliation_running', 'connection_disconnected', 'dry_run_required', 'dry_run_unfinished'],
      412: ['dry_run_outdated', 'dry_run_expired'],
      422: ['price_unknown'],
    },
  })
  async start(@Body({ schema: importInput }) input: ImportInput, @RequestedBy() requestedBy: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ImportDto> {
    const connection = await this.connections.resolveConnected(input.connectionId);
    const run = await this.request(connection.id, input, requestedBy);
    const queued = toImport(await this.runs.get(run.id));
    await this.doorbell.tryToRing('imports', { connectionId: connection.id });
    void reply.header('Location', `/v1/stripe/imports/${run.id}`);
    return queued;
  }

  @Get()
  @Operation({
    id: 'listImports',
    summary: 'List import runs',
    description: 'Imports and dry runs, newest first.',
    ok: { status: 200, description: 'A page of runs.', schema: importPage, example: { data: [importExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: importQuery }) { limit, cursor, connectionId }: ImportQuery): Promise<Page<ImportDto>> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor, importKey);
    const runs = await this.runs.list({ connectionId, before, limit: limit + 1 });
    return toPage(runs, limit, ({ run }) => [run.requestedAt.toISOString(), run.id], toImport);
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
    return toImport(await this.runs.get(id));
  }

  @FollowOperation({ id: 'followImport', summary: 'Follow an import run', notFound: 'import_not_found', example: importExample })
  async follow(@Param('id', { schema: callerId }) id: string): Promise<StreamableFile> {
    return this.progress.follow(id, () => this.get(id));
  }

  private async request(connectionId: string, input: ImportInput, requestedBy: string): Promise<ImportRun> {
    if (input.dryRunId !== undefined) {
      return this.dryRuns.requestAfter(input.dryRunId, connectionId, requestedBy);
    }
    const scope = await this.scopes.resolve(connectionId, input);
    return this.runs.requestRun(connectionId, input.dryRun ? 'DRY_RUN' : 'IMPORT', requestedBy, { scope });
  }
}
