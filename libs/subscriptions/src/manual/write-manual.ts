import type { EntityManager } from '@mikro-orm/postgresql';

import { updateRows, writeRows } from '@app/common';

import { diffAccess } from '../applier/diff-access.js';
import { ENTITLEMENT_CHANGE_TABLE, PACKAGE_SUBSCRIPTION_TABLE } from '../applier/tables.js';
import { lockDue, type ManualRecord } from './manual.queries.js';

/** A record before and after; null before = it begins. */
export interface ManualChange {
  readonly before: ManualRecord | null;
  readonly after: ManualRecord;
}

/** What every record has that begins now. */
export interface ManualBeginning {
  readonly startedAt: Date;
  readonly at: Date;
}

/** The one writer of records whose source is Kana; begins them. */
export async function beginManual(em: EntityManager, records: readonly ManualRecord[], { startedAt, at }: ManualBeginning): Promise<void> {
  const times = { started_at: startedAt, usage_anchor: startedAt, created_at: at, updated_at: at };
  await writeRows(
    em,
    PACKAGE_SUBSCRIPTION_TABLE,
    records.map((record) => ({
      ...changeableColumns(record),
      user_key: record.userKey,
      package_id: record.packageId,
      source: 'KANA',
      cancel_at_period_end: false,
      created_by: record.createdBy,
      ...times,
    })),
  );
  await writeChanges(em, records.map((after) => ({ before: null, after })), () => at.toISOString());
}

/** Writes what differs; the change takes effect at `at`. */
export async function changeManual(em: EntityManager, changes: readonly ManualChange[], at: Date, causeId: string): Promise<void> {
  await updateRows(em, PACKAGE_SUBSCRIPTION_TABLE, changes.map(({ after }) => ({ ...changeableColumns(after), updated_at: at })));
  await writeChanges(em, changes, () => at.toISOString(), causeId);
}

/**
 * Ends what has run out by `at`, at the very time that was given for it (rule S7); gives those records. Access has ended
 * by then without this: it makes the record say so.
 */
export async function endDue(em: EntityManager, at: Date, scope: { userKey: string } | { limit: number }): Promise<ManualRecord[]> {
  const due = await lockDue(em, at, scope);
  const changes = due.map((before) => ({ before, after: endedAt(before, before.accessUntil ?? at.toISOString()) }));
  await updateRows(em, PACKAGE_SUBSCRIPTION_TABLE, changes.map(({ after }) => ({ ...changeableColumns(after), updated_at: at })));
  await writeChanges(em, changes, ({ after }) => after.endedAt ?? at.toISOString());
  return due;
}

/** The record as it is once it has ended. */
export function endedAt(record: ManualRecord, time: string): ManualRecord {
  return { ...record, status: 'CANCELLED', givesAccess: false, accessUntil: null, endedAt: time };
}

function changeableColumns(record: ManualRecord): object {
  return {
    id: record.id,
    status: record.status,
    quantity: record.quantity,
    gives_access: record.givesAccess,
    access_until: record.accessUntil,
    cancel_at: record.cancelAt,
    ended_at: record.endedAt,
    cancelled_by: record.cancelledBy,
  };
}

/** @param causeId the API key that asked; without it, the one whose word comes true */
async function writeChanges(
  em: EntityManager,
  changes: readonly ManualChange[],
  changedAt: (change: ManualChange) => string,
  causeId?: string,
): Promise<void> {
  const rows = changes.flatMap((change) =>
    diffAccess(change.before, change.after).map(({ userKey, before, after }) => ({
      user_key: userKey,
      package_subscription_id: change.after.id,
      cause: 'SUBSCRIPTION',
      cause_id: causeId ?? change.after.cancelledBy ?? change.after.createdBy ?? change.after.id,
      before,
      after,
      changed_at: changedAt(change),
    })),
  );
  await writeRows(em, ENTITLEMENT_CHANGE_TABLE, rows);
}
