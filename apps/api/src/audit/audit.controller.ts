import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { decodeCursor, toPage } from '../http/cursor.js';
import type { Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { AuditLog } from './audit-log.js';
import { type AuditEntryDto, auditExample, auditKey, auditPage, auditQuery, type AuditQuery } from './audit.dto.js';

@ApiTags('Audit')
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly audit: AuditLog) {}

  @Get()
  @Operation({
    id: 'listAuditEntries',
    scope: 'admin',
    summary: 'List who changed what',
    description: 'One entry for every change that was accepted, newest first, stored together with the change. Entries are only ever added. Usage records are not among them: each carries its own key and time.',
    ok: { status: 200, description: 'A page of entries.', schema: auditPage, example: { data: [auditExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: auditQuery }) { cursor, limit, apiKeyId, operationId, requestId, userId, after, until }: AuditQuery): Promise<Page<AuditEntryDto>> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor, auditKey)[0];
    const rows = await this.audit.list({ before, apiKeyId, operationId, requestId, userId, after, until, limit: limit + 1 });
    return toPage(rows, limit, ({ id }) => [id], (entry) => entry);
  }
}
