import { notFound } from '@app/common';
import { UserIdQueries } from '@app/customers';
import { IssueDeriver, IssueImpactQueries } from '@app/subscriptions';
import { issueClosed, IssueService, type SyncIssue } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { FIXES } from './fixes/fix-table.js';
import { FixTools } from './fixes/fix-tools.js';
import { type IssueDto, toIssue, userKeysOf } from './issue.dto.js';

/** Shows issues with what they touch and what can be done, and does it. */
@Injectable()
export class IssueDesk {
  constructor(
    private readonly em: EntityManager,
    private readonly issues: IssueService,
    private readonly users: UserIdQueries,
    private readonly impacts: IssueImpactQueries,
    private readonly deriver: IssueDeriver,
    private readonly tools: FixTools,
  ) {}

  async show(issues: readonly SyncIssue[]): Promise<IssueDto[]> {
    const userIds = await this.users.idsByKey(issues.flatMap(userKeysOf));
    const concerns = await this.impacts.of(issues);
    return issues.map((issue) => toIssue(issue, concerns.get(issue.id), userIds));
  }

  async showOne(id: string): Promise<IssueDto> {
    const issue = await this.issues.get(id);
    const concerns = await this.impacts.of([issue]);
    return toIssue(issue, concerns.get(id), await this.users.idsByKey(userKeysOf(issue)));
  }

  /** @throws KanaError issue_not_found, issue_closed, fix_unknown, and what the fix throws */
  async fix(id: string, name: string, body: unknown, requestedBy: string): Promise<IssueDto> {
    const issue = await this.issues.get(id);
    const fix = Object.entries(FIXES[issue.kind]).find(([known]) => known === name)?.[1];
    if (fix === undefined) {
      throw notFound('fix_unknown', `An issue ${issue.kind} has no fix ${name}; \`fixes\` lists what there is.`);
    }
    if (issue.status === 'CLOSED') {
      throw issueClosed(id);
    }
    await fix.apply(this.tools, issue, body, requestedBy);
    await this.deriver.refreshOne(this.em.fork(), issue);
    return this.showOne(id);
  }
}
