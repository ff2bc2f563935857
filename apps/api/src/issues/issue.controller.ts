import { UserIdQueries } from '@app/customers';
import { IssueService } from '@app/sync';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { decodeCursor, toPage } from '../http/cursor.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type IssueDto, issueExample, issueKey, issuePage, type IssueQuery, issueQuery, issueSchema, toIssue, userKeysOf } from './issue.dto.js';

@ApiTags('Sync issues')
@Controller('v1/sync/issues')
export class IssueController {
  constructor(
    private readonly issues: IssueService,
    private readonly users: UserIdQueries,
  ) {}

  @Get()
  @Operation({
    id: 'listSyncIssues',
    summary: 'List sync issues',
    description: 'Everything that needs a human, newest first. At most one is open per thing, and it closes by itself when its cause is gone.',
    ok: { status: 200, description: 'A page of issues.', schema: issuePage, example: { data: [issueExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: issueQuery }) { limit, cursor, status, kind }: IssueQuery): Promise<Page<IssueDto>> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor, issueKey);
    const issues = await this.issues.list({ status, kind, before, limit: limit + 1 });
    const userIds = await this.users.idsByKey(issues.flatMap(userKeysOf));
    return toPage(issues, limit, ({ openedAt, id }) => [openedAt.toISOString(), id], (issue) => toIssue(issue, userIds));
  }

  @Get(':id')
  @Operation({
    id: 'getSyncIssue',
    summary: 'Get a sync issue',
    description: 'What is the matter, what it touches and what cures it.',
    ok: { status: 200, description: 'The issue.', schema: issueSchema, example: issueExample },
    errors: { 404: ['issue_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<IssueDto> {
    const issue = await this.issues.get(id);
    return toIssue(issue, await this.users.idsByKey(userKeysOf(issue)));
  }
}
