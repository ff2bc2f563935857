import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { UnreadableObject } from '@app/stripe';
import type { Completed, ListedApplied } from '@app/subscriptions';
import { type ClaimedRun, type HeldRange, ImportLedger, type ImportRowFacts, RangeLedger, type RangeState } from '@app/sync';

import { resolveStretch, type StretchPage } from '../reconciliation/resolve-stretch.js';
import { RunFindings } from '../reconciliation/run-findings.js';
import { addCounts, countBatch, NO_COUNTS } from './count-batch.js';
import type { RangeStep } from './range.types.js';

/** The run and the range that something belongs to. */
export interface RecordContext {
  readonly run: ClaimedRun;
  readonly range: HeldRange;
}

/** Writes into a run's ledgers what its pages and readings brought, in the transaction that carries it over. */
@Injectable()
export class PageRecorder {
  constructor(
    private readonly runs: ImportLedger,
    private readonly ledger: RangeLedger,
    private readonly findings: RunFindings,
  ) {}

  /** A page, or a part of one. What is put aside counts when it is settled. */
  async record(em: EntityManager, { run, range }: RecordContext, applied: ListedApplied): Promise<void> {
    const counts = countBatch(applied, run.startedAt);
    // What Kana knows from a fresher reading is seen, and as it should be.
    await this.ledger.recordPage(em, run, range, { ...counts, unchanged: counts.unchanged + applied.fresher }, applied.subscriptions);
    await this.findings.ofPage(em, run, applied);
  }

  async recordUnreadable(em: EntityManager, { run, range }: RecordContext, unreadable: readonly UnreadableObject[]): Promise<void> {
    if (unreadable.length > 0) {
      await this.ledger.recordPage(em, run, range, { ...NO_COUNTS, failed: unreadable.length }, unreadable.map(failedRow));
    }
  }

  /** Readings of what was put aside. */
  async recordReadings(em: EntityManager, { run, range }: RecordContext, completed: Completed): Promise<void> {
    const failed = completed.failed.filter(({ object }) => object.type === 'SUBSCRIPTION').map(({ object, problem }) => failedRow({ id: object.id, problem }));
    // The run's leader alone reads what was put aside.
    await this.runs.renew(em, run);
    const counts = completed.batches.map((batch) => countBatch(batch, run.startedAt)).reduce(addCounts, { ...NO_COUNTS, failed: failed.length });
    await this.ledger.recordPage(em, run, range, counts, [...completed.batches.flatMap(({ subscriptions }) => subscriptions), ...failed]);
    await this.findings.ofReadings(em, run, completed);
  }

  /** The last thing in a page's transaction: the range moves on. */
  async advance(em: EntityManager, run: ClaimedRun, from: RangeState, page: StretchPage, { next, splitOff }: RangeStep): Promise<void> {
    if (run.kind === 'RECONCILIATION' && from.resource !== 'OBJECTS') {
      await this.findings.ofStretch(em, run, from.resource, resolveStretch(from, page));
    }
    await this.ledger.advance(em, run, next, splitOff);
  }
}

function failedRow({ id, problem }: UnreadableObject): ImportRowFacts {
  return { stripeSubscriptionId: id, result: 'FAILED', userKey: null, matchedBy: null, packages: [], reasons: [problem], parkedItems: 0 };
}
