import { Readable } from 'node:stream';

import { conflict } from '@app/common';
import { UserIdQueries } from '@app/customers';
import { type ImportRow, ImportRunService } from '@app/sync';
import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CSV_MEDIA_TYPE, csvLine } from '../http/csv.js';
import { decodeCursor, toPage } from '../http/cursor.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type AccessChangeDto, accessChangeExample, accessChangePage, type AccessChangeQuery, accessChangeQuery, ROW_COLUMNS, type RowDto, rowExample, rowKey, rowPage, type RowQuery, rowQuery, toAccessChange, toCells, toRow } from './import-row.dto.js';

/** Rows of a file are read so many at a time: a run of any size costs as much memory. */
const ROWS_AT_ONCE = 1000;

@ApiTags('Imports')
@Controller('v1/stripe/imports')
export class ImportRowController {
  constructor(
    private readonly runs: ImportRunService,
    private readonly users: UserIdQueries,
  ) {}

  @Get(':id/rows')
  @Operation({
    id: 'listImportRows',
    summary: 'List what an import did, or a dry run would do',
    description: 'One row for each Stripe subscription that the run created, updated, parked or failed on; unchanged ones are counted only. With `format=csv` all of them as a file; a cell that a spreadsheet would take for a formula begins with an apostrophe there. The rows of a dry run are kept for 7 days.',
    ok: {
      status: 200,
      description: 'A page of rows.',
      schema: rowPage,
      example: { data: [rowExample], hasMore: false, nextCursor: null },
      csvExample: [ROW_COLUMNS, toCells(rowExample)].map(csvLine).join(''),
    },
    errors: { 400: ['cursor_invalid'], 404: ['import_not_found'] },
  })
  async rows(@Param('id', { schema: callerId }) id: string, @Query({ schema: rowQuery }) { limit, cursor, result, format }: RowQuery): Promise<Page<RowDto> | StreamableFile> {
    await this.runs.get(id);
    if (format === 'csv') {
      return new StreamableFile(Readable.from(this.lines(id, result)), { type: CSV_MEDIA_TYPE, disposition: `attachment; filename="${id}.csv"` });
    }
    const after = cursor === undefined ? undefined : decodeCursor(cursor, rowKey)[0];
    const rows = await this.runs.rows(id, { result, after, limit: limit + 1 });
    const toDto = await this.dtoOf(rows);
    return toPage(rows, limit, (row) => [row.stripeSubscriptionId], toDto);
  }

  @Get(':id/access-changes')
  @Operation({
    id: 'listImportAccessChanges',
    summary: 'List which features users would gain and lose',
    description: 'Of a dry run: one entry for each user who would have another set of features after the import, by the id that the user would then have. Kept for 7 days.',
    ok: { status: 200, description: 'A page of users.', schema: accessChangePage, example: { data: [accessChangeExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'], 404: ['import_not_found'], 409: ['dry_run_required'] },
  })
  async accessChanges(@Param('id', { schema: callerId }) id: string, @Query({ schema: accessChangeQuery }) { limit, cursor }: AccessChangeQuery): Promise<Page<AccessChangeDto>> {
    const { run } = await this.runs.get(id);
    if (run.kind !== 'DRY_RUN') {
      throw conflict('dry_run_required', 'Only a dry run tells who gains and loses what. This is an import: see its rows, and the entitlements of its users.');
    }
    const after = cursor === undefined ? undefined : decodeCursor(cursor, rowKey)[0];
    const changes = await this.runs.accessChanges(id, { after, limit: limit + 1 });
    return toPage(changes, limit, ({ userId }) => [userId], toAccessChange);
  }

  /** Read as the file is taken: who reads slowly holds up no more than one read of rows. */
  private async *lines(id: string, result: RowQuery['result']): AsyncGenerator<string> {
    yield csvLine(ROW_COLUMNS);
    for (let after: string | undefined, isMore = true; isMore; ) {
      const rows = await this.runs.rows(id, { result, after, limit: ROWS_AT_ONCE });
      const toDto = await this.dtoOf(rows);
      yield rows.map((row) => csvLine(toCells(toDto(row)))).join('');
      after = rows.at(-1)?.stripeSubscriptionId;
      isMore = rows.length === ROWS_AT_ONCE;
    }
  }

  private async dtoOf(rows: readonly ImportRow[]): Promise<(row: ImportRow) => RowDto> {
    const userIds = await this.users.idsByKey(rows.flatMap(({ userKey }) => userKey ?? []));
    return (row) => toRow(row, userIds);
  }
}
