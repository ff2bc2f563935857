import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { type BulkTable, Clock, conflict, IdFactory, notFound, refused, sqlWrite, transactionWithRetry, writeRows } from '@app/common';

import type { IssueKind, IssueStatus, SubjectType } from './issue-kinds.js';
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
  status?: IssueStatus;
  kind?: IssueKind;
  connectionId?: string;
  before?: readonly [string, string];
  limit: number;
}

/** That nothing is to be done about an issue, and who says so. */
export interface IssueIgnored {
  /** The API key. */
  readonly by: string;
  readonly reason: string;
  /** null = for good. */
  readonly until: Date | null;
}

/** Opens, closes, ignores and lists sync issues. What needs one is derived elsewhere, from the rows themselves. */
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

  /** Closes issues whose cause is gone, ignored ones as well. */
  async close(em: EntityManager, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) {
      await sqlWrite(em, `update sync_issue set status = 'CLOSED', closed_at = $2 where id = any($1) and status <> 'CLOSED'`, [ids, this.clock.now()]);
    }
  }

  /** An open issue shows the evidence of now. */
  async follow(em: EntityManager, changes: readonly { readonly id: string; readonly evidence: object }[]): Promise<void> {
    if (changes.length > 0) {
      await sqlWrite(
        em,
        `update sync_issue i set evidence = c.evidence from jsonb_to_recordset($1::jsonb) as c(id text, evidence jsonb)
          where i.id = c.id and i.status = 'OPEN'`,
        [JSON.stringify(changes)],
      );
    }
  }

  /** Opens again what was ignored until now. */
  async wake(em: EntityManager): Promise<void> {
    await sqlWrite(
      em,
      `update sync_issue set status = 'OPEN', ignored_by = null, ignored_at = null, ignored_reason = null, ignored_until = null
        where status = 'IGNORED' and ignored_until <= $1`,
      [this.clock.now()],
    );
  }

  /**
   * Says that nothing is to be done; again with other words, those stand.
   *
   * @throws KanaError issue_not_found, issue_closed, until_in_past
   */
  async ignore(id: string, { by, reason, until }: IssueIgnored): Promise<void> {
    if (until !== null && until <= this.clock.now()) {
      throw refused('until_in_past', 'The time until which to ignore it is over already.', [{ pointer: '/until', detail: 'must be in the future' }]);
    }
    await this.change(id, { status: 'IGNORED', ignoredBy: by, ignoredAt: this.clock.now(), ignoredReason: reason, ignoredUntil: until });
  }

  /** @throws KanaError issue_not_found, issue_closed */
  async unignore(id: string): Promise<void> {
    await this.change(id, { status: 'OPEN', ignoredBy: null, ignoredAt: null, ignoredReason: null, ignoredUntil: null });
  }

  /** Newest first. */
  async list({ before: position, limit, ...filter }: IssueFilter): Promise<SyncIssue[]> {
    const before = position && {
      $or: [{ openedAt: { $lt: new Date(position[0]) } }, { openedAt: new Date(position[0]), id: { $lt: position[1] } }],
    };
    const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
    return this.em.find(SyncIssue, { ...given, ...before }, { orderBy: { openedAt: 'desc', id: 'desc' }, limit, refresh: true });
  }

  /** @throws KanaError issue_not_found */
  async get(id: string): Promise<SyncIssue> {
    const issue = await this.em.findOne(SyncIssue, { id }, { refresh: true });
    if (issue === null) {
      throw notFound('issue_not_found', `There is no sync issue ${id}.`);
    }
    return issue;
  }

  private async change(id: string, changes: Partial<SyncIssue>): Promise<void> {
    await transactionWithRetry(this.em, async (em) => {
      const changed = await em.nativeUpdate(SyncIssue, { id, status: { $ne: 'CLOSED' } }, changes);
      if (changed === 0) {
        await this.get(id);
        throw issueClosed(id);
      }
    });
  }
}

export function issueClosed(id: string) {
  return conflict('issue_closed', `Sync issue ${id} is closed: its cause is gone, and there is nothing left to do.`);
}
