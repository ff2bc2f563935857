import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows } from '@app/common';
import { type IssueKind, IssueService, type WantedIssue } from '@app/sync';

import { WANTED_ISSUES } from './wanted-issues.sql.js';

interface DifferenceRow {
  kind: IssueKind;
  connection_id: string;
  subject_id: string;
  evidence: Record<string, unknown>;
  /** An open issue that nothing wants any more; null = one that is wanted and not open. */
  open_id: string | null;
}

const KINDS = Object.keys(WANTED_ISSUES) as IssueKind[];
const USER_KINDS = KINDS.filter((kind) => WANTED_ISSUES[kind].subjectType === 'USER');

/** "kana" and a number, as PostgreSQL's advisory locks want it. */
const ISSUES_LOCK = 0x6b_61_6e_61_02;

/** Keeps the open issues of a connection equal to what its rows call for (rules M6, U6, U7, S2, S4, Y7). */
@Injectable()
export class IssueDeriver {
  constructor(private readonly issues: IssueService) {}

  /**
   * Opens what is missing and closes what is cured; of users also where another connection brought it about. Outside the
   * pages' transactions: what is shared is not locked there. One at a time: an older look must not be written after a
   * newer one.
   */
  async refresh(em: EntityManager, connectionId: string): Promise<void> {
    await this.settle(em, DIFFERENCE, [connectionId, null]);
  }

  /**
   * As `refresh`, only the issues about these users: what was given to them in Kana may bring one about or cure it. Most
   * have nothing from Stripe and no issue; for them nothing is looked at, and nobody is waited for.
   */
  async refreshUsers(em: EntityManager, userKeys: readonly string[]): Promise<void> {
    const concerned = await sqlRows<{ user_key: string }>(em, CONCERNED, [userKeys]);
    if (concerned.length > 0) {
      await this.settle(em, DIFFERENCE_OF_USERS, [null, concerned.map(({ user_key: key }) => key)]);
    }
  }

  private async settle(em: EntityManager, difference: string, parameters: readonly unknown[]): Promise<void> {
    await em.transactional(async (transaction) => {
      await sqlRows(transaction, 'select pg_advisory_xact_lock($1)', [ISSUES_LOCK]);
      const rows = await sqlRows<DifferenceRow>(transaction, difference, parameters);
      await this.issues.open(transaction, rows.filter(({ open_id: id }) => id === null).map(toWanted));
      await this.issues.close(transaction, rows.flatMap(({ open_id: id }) => id ?? []));
    });
  }
}

/** Users with something from Stripe, or with an open issue. */
const CONCERNED = `
  select asked.user_key from unnest($1::text[]) as asked(user_key)
   where exists (select 1 from package_subscription p where p.user_key = asked.user_key and p.ended_at is null and p.connection_id is not null)
      or exists (select 1 from sync_issue i where i.status = 'OPEN' and i.subject_type = 'USER' and i.subject_id = asked.user_key)`;

const DIFFERENCE = differenceOf(KINDS, `connection_id = $1 or subject_type = 'USER'`);
const DIFFERENCE_OF_USERS = differenceOf(USER_KINDS, `$1::text is null and subject_type = 'USER' and subject_id = any($2)`);

/** One statement for all kinds: a full join of what is wanted with what is open, of which only the differences come back. */
function differenceOf(kinds: readonly IssueKind[], scope: string): string {
  return `
  with wanted as (
    ${kinds.map(wantedOf).join('\n    union all ')}
  ), opened as (
    select id, kind, connection_id, subject_id from sync_issue where status = 'OPEN' and (${scope})
  )
  select coalesce(w.kind, o.kind) as kind, coalesce(w.connection_id, o.connection_id) as connection_id,
         coalesce(w.subject_id, o.subject_id) as subject_id, w.evidence, o.id as open_id
    from wanted w
    full join opened o on o.kind = w.kind and o.connection_id = w.connection_id and o.subject_id = w.subject_id
   where w.kind is null or o.id is null
   order by 1, 2, 3`;
}

function wantedOf(kind: IssueKind): string {
  const { subjectType, query } = WANTED_ISSUES[kind];
  const connection = subjectType === 'USER' ? 'connection_id' : '$1::text as connection_id';
  return `select '${kind}' as kind, ${connection}, subject_id, evidence from (${query}) as "${kind}"`;
}

function toWanted({ kind, connection_id: connectionId, subject_id: subjectId, evidence }: DifferenceRow): WantedIssue {
  return { kind, connectionId, subjectType: WANTED_ISSUES[kind].subjectType, subjectId, evidence };
}
