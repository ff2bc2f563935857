import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows } from '@app/common';
import { type IssueKind, IssueService, type WantedIssue } from '@app/sync';

import { WANTED_ISSUES } from './wanted-issues.sql.js';

interface DifferenceRow {
  kind: IssueKind;
  subject_id: string;
  evidence: Record<string, unknown>;
  /** An open issue that nothing wants any more; null = one that is wanted and not open. */
  open_id: string | null;
}

const KINDS = Object.keys(WANTED_ISSUES) as IssueKind[];

/** Keeps the open issues of a connection equal to what its rows call for (rules M6, U6, U7, S2, S4, Y7). */
@Injectable()
export class IssueDeriver {
  constructor(private readonly issues: IssueService) {}

  /** Opens what is missing and closes what is cured. Outside the pages' transactions: what is shared is not locked there. */
  async refresh(em: EntityManager, connectionId: string): Promise<void> {
    const rows = await sqlRows<DifferenceRow>(em, DIFFERENCE, [connectionId]);
    await this.issues.open(em, connectionId, rows.filter(({ open_id: id }) => id === null).map(toWanted));
    await this.issues.close(em, rows.flatMap(({ open_id: id }) => id ?? []));
  }
}

/** One statement for all kinds: a full join of what is wanted with what is open, of which only the differences come back. */
const DIFFERENCE = `
  with wanted as (
    ${KINDS.map((kind) => `select '${kind}' as kind, subject_id, evidence from (${WANTED_ISSUES[kind].query}) as "${kind}"`).join('\n    union all ')}
  ), opened as (
    select id, kind, subject_id from sync_issue where connection_id = $1 and status = 'OPEN'
  )
  select coalesce(w.kind, o.kind) as kind, coalesce(w.subject_id, o.subject_id) as subject_id, w.evidence, o.id as open_id
    from wanted w full join opened o on o.kind = w.kind and o.subject_id = w.subject_id
   where w.kind is null or o.id is null
   order by 1, 2`;

function toWanted({ kind, subject_id: subjectId, evidence }: DifferenceRow): WantedIssue {
  return { kind, subjectType: WANTED_ISSUES[kind].subjectType, subjectId, evidence };
}
