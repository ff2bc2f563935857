import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows, sqlWrite, transactionWithRetry } from '@app/common';
import { type ClaimedDryRun, DryRunLedger, type RunError, type RunStatus } from '@app/sync';

import { writeAccessChanges } from './access-difference.js';
import { findTables, name } from './copied-tables.js';
import { type Ground, schemaOf } from './dry-run-copy.js';
import { FAILED_INSIDE, UNFINISHED } from './to-run-error.js';

/** Brings over from the copy what is told of the run there. */
@Injectable()
export class DryRunResult {
  constructor(
    private readonly em: EntityManager,
    private readonly ledger: DryRunLedger,
  ) {}

  /**
   * How far the run has come, so that it can be followed.
   *
   * @throws LeaseLostError
   */
  async tellProgress(run: ClaimedDryRun): Promise<void> {
    await transactionWithRetry(this.em, async (em) => {
      await this.ledger.renew(em, run);
      await copyRanges(em, run);
    });
  }

  /**
   * What the import of the copy came to, all at once.
   *
   * @throws LeaseLostError
   */
  async tell(run: ClaimedDryRun, { at }: Ground): Promise<RunStatus> {
    return transactionWithRetry(this.em, async (em) => {
      const { status, error } = await ending(em, run);
      await this.ledger.renew(em, run);
      await copyRanges(em, run);
      await copyRows(em, run);
      await writeAccessChanges(em, run, name(schemaOf(run)), at);
      await this.ledger.end(em, run, error);
      return status;
    });
  }
}

async function ending(em: EntityManager, run: ClaimedDryRun): Promise<{ status: RunStatus; error: RunError | null }> {
  const [row] = await sqlRows<{ status: RunStatus; error: RunError | null }>(em, `select status, error from ${name(schemaOf(run))}.import_run where id = $1`, [run.id]);
  if (row === undefined || !['COMPLETED', 'FAILED'].includes(row.status)) {
    return { status: 'FAILED', error: UNFINISHED };
  }
  return row.error?.code === 'import_failed' ? { ...row, error: FAILED_INSIDE } : row;
}

/** As done, all of them: no worker must take one for work on the real tables. */
async function copyRanges(em: EntityManager, run: ClaimedDryRun): Promise<void> {
  const columns = (await findTables(em)).find((table) => table.name === 'import_range')?.columns ?? [];
  const values = columns.map((column) => (column === 'done' ? 'true' : name(column)));
  await sqlWrite(em, 'delete from import_range where run_id = $1', [run.id]);
  await sqlWrite(em, `insert into import_range (${columns.map(name).join(', ')}) select ${values.join(', ')} from ${name(schemaOf(run))}.import_range where run_id = $1`, [run.id]);
}

/** Who and what is only in the copy is told by its id, or by none. */
async function copyRows(em: EntityManager, run: ClaimedDryRun): Promise<void> {
  const copy = name(schemaOf(run));
  await sqlWrite(
    em,
    `insert into import_row (run_id, stripe_subscription_id, result, user_key, user_id, matched_by, packages, reasons, parked_items, stored_at)
     select r.run_id, r.stripe_subscription_id, r.result, u.key, case when u.key is null then n.name end, r.matched_by,
            (select coalesce(jsonb_agg(p || jsonb_build_object('subscriptionId', (select s.id from package_subscription s where s.id = p ->> 'subscriptionId')) order by position), '[]')
               from jsonb_array_elements(r.packages) with ordinality as packages(p, position)),
            r.reasons, r.parked_items, r.stored_at
       from ${copy}.import_row r
       left join kana_user u on u.key = r.user_key
       left join ${copy}.user_name n on n.user_key = r.user_key and n.kind = 'ID'
      where r.run_id = $1`,
    [run.id],
  );
}
