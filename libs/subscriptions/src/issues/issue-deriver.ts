import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, sqlRows } from '@app/common';
import { type IssueKind, IssueService, type IssueStatus, type SubjectType, type SyncIssue, type WantedIssue } from '@app/sync';

import { isNothing, NOTHING_TOUCHED, TOUCHABLE, type Touched } from './touched.js';
import { CLAIMANTS, HOLDERS, touchedAmong, WANTED_ISSUES, type WantedKind } from './wanted-issues.sql.js';

interface DifferenceRow {
  kind: IssueKind;
  connection_id: string;
  subject_id: string;
  /** null = nothing wants it any more. */
  evidence: Record<string, unknown> | null;
  /** The issue that stands for it now; null = none. */
  standing_id: string | null;
  status: IssueStatus | null;
}

const KINDS = Object.keys(WANTED_ISSUES) as IssueKind[];

/** "kana" and a number, as PostgreSQL's advisory locks want it. */
const ISSUES_LOCK = 0x6b_61_6e_61_02;

/** Keeps the open issues of a connection equal to what its rows call for (rules M6, U6, U7, S2, S4, Y7). */
@Injectable()
export class IssueDeriver {
  constructor(
    private readonly issues: IssueService,
    private readonly clock: Clock,
  ) {}

  /**
   * Opens what is missing and closes what is cured; of users also where another connection brought it about. Outside the
   * pages' transactions: what is shared is not locked there. One at a time: an older look must not be written after a
   * newer one.
   *
   * @param touched what is looked at; everything unless said otherwise
   */
  async refresh(em: EntityManager, connectionId: string, touched: Touched = 'ALL'): Promise<void> {
    await this.settle(em, connectionId, touched);
  }

  /** As `refresh`, only what this issue is about: after something was done about it. */
  async refreshOne(em: EntityManager, { connectionId, subjectType, subjectId }: Pick<SyncIssue, 'connectionId' | 'subjectType' | 'subjectId'>): Promise<void> {
    await this.settle(em, connectionId, touchedBy(subjectType, subjectId));
  }

  /**
   * As `refresh`, only the issues about these users: what was given to them in Kana may bring one about or cure it. Most
   * have nothing from Stripe and no issue; for them nothing is looked at, and nobody is waited for.
   */
  async refreshUsers(em: EntityManager, userKeys: readonly string[]): Promise<void> {
    const concerned = await sqlRows<{ user_key: string }>(em, CONCERNED, [userKeys]);
    const touched = { users: concerned.map(({ user_key: key }) => key) };
    if (!isNothing(touched)) {
      await this.settle(em, null, touched);
    }
  }

  private async settle(em: EntityManager, connectionId: string | null, touched: Touched): Promise<void> {
    await em.transactional(async (transaction) => {
      await sqlRows(transaction, 'select pg_advisory_xact_lock($1)', [ISSUES_LOCK]);
      await this.issues.wake(transaction);
      await this.write(transaction, await sqlRows<DifferenceRow>(transaction, DIFFERENCE, [connectionId, ...scopeOf(touched), this.clock.now()]));
    });
  }

  /** What was ignored for another reason than the one of now is a new thing. */
  private async write(em: EntityManager, rows: readonly DifferenceRow[]): Promise<void> {
    const standing = rows.flatMap(({ standing_id: id, status, evidence }) => (id === null ? [] : [{ id, status, evidence }]));
    await this.issues.close(em, standing.flatMap(({ id, status, evidence }) => (evidence === null || status === 'IGNORED' ? [id] : [])));
    await this.issues.follow(em, standing.flatMap(({ id, status, evidence }) => (evidence === null || status === 'IGNORED' ? [] : [{ id, evidence }])));
    await this.issues.open(em, rows.filter(({ status }) => status !== 'OPEN').flatMap(toWanted));
  }
}

/** Users with something from Stripe, with an issue or in that of another, or whose email may be that of somebody with something from Stripe. */
const CONCERNED = `
  select asked.user_key from unnest($1::text[]) as asked(user_key)
   where exists (select 1 from package_subscription p where p.user_key = asked.user_key and p.ended_at is null and p.connection_id is not null)
      or exists (select 1 from sync_issue i where i.status <> 'CLOSED' and i.subject_type = 'USER'
                  and asked.user_key in (i.subject_id, i.evidence ->> 'userKey'))
      or exists (select 1 from kana_user u join kana_user other on other.email_normalized = u.email_normalized and other.key <> u.key
                  where u.key = asked.user_key)`;

/** One statement for all kinds: a full join of what is wanted with what stands, of which only the differences come back. */
const DIFFERENCE = `
  with holder as materialized (${HOLDERS}
  ), claimant as materialized (${CLAIMANTS}
  ), wanted as (
    ${KINDS.map(wantedOf).join('\n    union all ')}
  ), standing as (
    ${[...Map.groupBy(KINDS, standingScope)].map(standingOf).join('\n    union all ')}
  )
  select coalesce(w.kind, s.kind) as kind, coalesce(w.connection_id, s.connection_id) as connection_id,
         coalesce(w.subject_id, s.subject_id) as subject_id, w.evidence, s.id as standing_id, s.status
    from wanted w
    full join standing s on s.kind = w.kind and s.connection_id = w.connection_id and s.subject_id = w.subject_id
   where s.evidence is distinct from w.evidence
   order by 1, 2, 3`;

function wantedOf(kind: IssueKind): string {
  const { subjectType, query } = WANTED_ISSUES[kind];
  const connection = subjectType === 'USER' ? 'connection_id' : '$1::text as connection_id';
  return `select '${kind}' as kind, ${connection}, subject_id, evidence from (${query}) as "${kind}"`;
}

/** Which issues of a kind a look concerns. */
function standingScope(kind: IssueKind): string {
  const { subjectType, touchedBy, standing }: WantedKind = WANTED_ISSUES[kind];
  const touched = standing ?? (touchedBy === undefined ? 'true' : touchedAmong('subject_id', touchedBy));
  return subjectType === 'USER' ? touched : `connection_id = $1 and ${touched}`;
}

function standingOf([scope, kinds]: readonly [scope: string, kinds: readonly IssueKind[]]): string {
  return `select id, kind, connection_id, subject_id, status, evidence from sync_issue
      where status <> 'CLOSED' and kind in (${kinds.map((kind) => `'${kind}'`).join(', ')}) and ${scope}`;
}

/** Issues about other subjects are looked at anyhow. */
function touchedBy(subjectType: SubjectType, subjectId: string): Touched {
  const kind = TOUCHABLE.find((each) => each.toUpperCase() === `${subjectType}S`);
  return kind === undefined ? NOTHING_TOUCHED : { [kind]: [subjectId] };
}

function scopeOf(touched: Touched): (readonly string[] | null)[] {
  return TOUCHABLE.map((kind) => (touched === 'ALL' ? null : (touched[kind] ?? [])));
}

function toWanted({ kind, connection_id: connectionId, subject_id: subjectId, evidence }: DifferenceRow): WantedIssue[] {
  return evidence === null ? [] : [{ kind, connectionId, subjectType: WANTED_ISSUES[kind].subjectType, subjectId, evidence }];
}
