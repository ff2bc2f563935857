import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { type BulkTable, Clock, IdFactory, notFound, sqlWrite, writeRows } from '@app/common';

import type { IssueKind, SubjectType } from './issue-kinds.js';
import { SyncIssue } from './sync-issue.entity.js';

/** Something that needs a human and has no open issue yet. */
export interface WantedIssue {
  readonly kind: IssueKind;
  readonly connectionId: string;
  readonly subjectType: SubjectType;
  readonly subjectId: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

export const SYNC_ISSUE_TABLE: BulkTable = {
  name: 'sync_issue',
  columns: {
    id: 'text',
    kind: 'text',
    connection_id: 'text',
    subject_type: 'text',
    subject_id: 'text',
    status: 'text',
    evidence: 'jsonb',
    opened_at: 'timestamptz',
  },
  key: ['id'],
};

export interface IssueFilter {
  status?: 'OPEN' | 'CLOSED';
  kind?: IssueKind;
  before?: readonly [string, string];
  limit: number;
}

/** Opens, closes and lists sync issues. What needs one is derived elsewhere, from the rows themselves. */
@Injectable()
export class IssueService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: IdFactory,
  ) {}

  /** Opens what is wanted; where an issue for the same thing was opened meanwhile, that one stands. */
  async open(em: EntityManager, wanted: readonly WantedIssue[]): Promise<void> {
    const openedAt = this.clock.now().toISOString();
    const rows = wanted.map(({ kind, connectionId, subjectType, subjectId, evidence }) => ({
      id: this.ids.next('iss'),
      kind,
      connection_id: connectionId,
      subject_type: subjectType,
      subject_id: subjectId,
      status: 'OPEN',
      evidence,
      opened_at: openedAt,
    }));
    await writeRows(em, SYNC_ISSUE_TABLE, rows, 'skip');
  }

  /** Closes issues whose cause is gone. */
  async close(em: EntityManager, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) {
      await sqlWrite(em, `update sync_issue set status = 'CLOSED', closed_at = $2 where id = any($1) and status = 'OPEN'`, [ids, this.clock.now()]);
    }
  }

  /** Newest first. */
  async list(filter: IssueFilter): Promise<SyncIssue[]> {
    const before = filter.before && {
      $or: [{ openedAt: { $lt: new Date(filter.before[0]) } }, { openedAt: new Date(filter.before[0]), id: { $lt: filter.before[1] } }],
    };
    const status = filter.status === undefined ? {} : { status: filter.status };
    const kind = filter.kind === undefined ? {} : { kind: filter.kind };
    return this.em.find(SyncIssue, { ...status, ...kind, ...before }, { orderBy: { openedAt: 'desc', id: 'desc' }, limit: filter.limit });
  }

  async get(id: string): Promise<SyncIssue> {
    const issue = await this.em.findOne(SyncIssue, { id });
    if (issue === null) {
      throw notFound('issue_not_found', `There is no sync issue ${id}.`);
    }
    return issue;
  }
}
