import { IssueService } from '@app/sync';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { RequestedBy } from '../access/requested-by.decorator.js';
import { RETRY_REFUSALS } from '../commands/command-words.js';
import { decodeCursor, toPage } from '../http/cursor.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { IssueDesk } from './issue-desk.js';
import { type FixInput, fixInput, type IssueDto, issueExample, issueIgnore, type IssueIgnore, issueKey, issuePage, type IssueQuery, issueQuery, issueSchema } from './issue.dto.js';

const ok = { status: 200, description: 'The issue as it is now.', schema: issueSchema } as const;
const CLOSED = { ...issueExample, status: 'CLOSED', fixes: [], impact: { subscriptions: 0, users: 0, monthly: [], unknownItems: 0 }, closedAt: '2026-03-01T12:05:00.000Z' } as const;
const IGNORED = { ...issueExample, status: 'IGNORED', ignored: { by: 'key_06f3k2', at: '2026-03-01T12:05:00.000Z', reason: 'Settled by hand every month', until: null } } as const;

/** What the services behind the fixes answer. */
const FIX_ERRORS = {
  404: ['issue_not_found', 'fix_unknown', 'user_not_found', ...RETRY_REFUSALS[404]],
  409: ['issue_closed', 'preview_required', 'price_mapped', 'package_exists', 'feature_exists', 'package_archived', 'event_without_object', 'reconciliation_not_paused', 'user_exists', 'billing_id_taken', ...RETRY_REFUSALS[409]],
  422: [...new Set(['fix_input_invalid', 'package_not_found', 'package_archived', 'package_empty', 'feature_not_found', 'limit_on_binary', 'reset_period_mismatch', ...RETRY_REFUSALS[422]])],
};

@ApiTags('Sync issues')
@Controller('v1/sync/issues')
export class IssueController {
  constructor(
    private readonly issues: IssueService,
    private readonly desk: IssueDesk,
  ) {}

  @Get()
  @Operation({
    id: 'listSyncIssues',
    summary: 'List sync issues',
    description: 'Everything that needs a human, newest first, with what it touches and the calls that cure it. At most one is open or ignored per thing, and it closes by itself when its cause is gone.',
    ok: { status: 200, description: 'A page of issues.', schema: issuePage, example: { data: [issueExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: issueQuery }) { limit, cursor, ...filter }: IssueQuery): Promise<Page<IssueDto>> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor, issueKey);
    const { data, ...page } = toPage(await this.issues.list({ ...filter, before, limit: limit + 1 }), limit, ({ openedAt, id }) => [openedAt.toISOString(), id], (issue) => issue);
    return { ...page, data: await this.desk.show(data) };
  }

  @Get(':id')
  @Operation({
    id: 'getSyncIssue',
    summary: 'Get a sync issue',
    description: 'What is the matter, what it touches and what cures it.',
    ok: { ...ok, example: issueExample },
    errors: { 404: ['issue_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<IssueDto> {
    return this.desk.showOne(id);
  }

  @Post(':id/fixes/:fix')
  @Operation({
    id: 'fixSyncIssue',
    summary: 'Fix a sync issue',
    description:
      'Does one of the `fixes` that the issue lists: the same as the calls that do it by themselves, and refused for the same reasons. What Stripe is asked for again is answered before that is done: such an issue closes a moment later.',
    bodyExample: { packageId: 'team' },
    isBodyOptional: true,
    ok: { ...ok, example: CLOSED },
    errors: FIX_ERRORS,
  })
  async fix(@Param('id', { schema: callerId }) id: string, @Param('fix', { schema: callerId }) fix: string, @Body({ schema: fixInput }) input: FixInput, @RequestedBy() requestedBy: string): Promise<IssueDto> {
    return this.desk.fix(id, fix, input, requestedBy);
  }

  @Post(':id/ignore')
  @Operation({
    id: 'ignoreSyncIssue',
    summary: 'Ignore a sync issue',
    description: 'For what is so on purpose. It is not opened again while its cause is the same; it still closes when that is gone. Where the cause changes (another package, another user), a new issue is opened.',
    bodyExample: { reason: 'Settled by hand every month' },
    ok: { ...ok, example: IGNORED },
    errors: { 404: ['issue_not_found'], 409: ['issue_closed'], 422: ['until_in_past'] },
  })
  async ignore(@Param('id', { schema: callerId }) id: string, @Body({ schema: issueIgnore }) { reason, until }: IssueIgnore, @RequestedBy() requestedBy: string): Promise<IssueDto> {
    await this.issues.ignore(id, { by: requestedBy, reason, until: until === undefined ? null : new Date(until) });
    return this.desk.showOne(id);
  }

  @Post(':id/unignore')
  @Operation({
    id: 'unignoreSyncIssue',
    summary: 'Take an ignore back',
    description: 'The issue is open again. An open one stays as it is.',
    ok: { ...ok, example: issueExample },
    errors: { 404: ['issue_not_found'], 409: ['issue_closed'] },
  })
  async unignore(@Param('id', { schema: callerId }) id: string): Promise<IssueDto> {
    await this.issues.unignore(id);
    return this.desk.showOne(id);
  }
}
