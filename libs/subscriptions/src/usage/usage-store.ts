import type { EntityManager } from '@mikro-orm/postgresql';

import { isoTime, sqlRows, sqlWrite, updateRows, writeRows } from '@app/common';

import type { UsagePeriod } from './period.types.js';
import { PeriodTotals, spanKey } from './period-totals.js';
import { sumPeriods } from './sum-periods.js';
import { USAGE_COUNTER_TABLE, USAGE_RECORD_TABLE } from './usage.tables.js';
import type { UsageSpan } from './usage.types.js';

/** A user and a feature whose usage is written. */
export type UsageOwner = Pick<UsageSpan, 'userKey' | 'featureId'>;

/** A record as its table holds it; times are PostgreSQL's text. */
export interface StoredUsage {
  readonly id: string;
  readonly user_key: string;
  readonly feature_id: string;
  readonly action: 'ADD' | 'SET';
  readonly delta: number | string;
  readonly amount: number | string;
  readonly total: number | string;
  readonly period_start: string | null;
  readonly period_end: string | null;
  readonly occurred_at: string;
  readonly recorded_at: string;
  readonly api_key_id: string;
  readonly idempotency_key: string;
  readonly request_hash: string;
}

interface CounterRow {
  readonly user_key: string;
  readonly feature_id: string;
  readonly period_start: string | null;
  readonly period_end: string | null;
  readonly used: string;
}

/** A user that was there a moment ago is no longer: absorbed into another, or erased. Who they are must be asked anew. */
export class UserGoneError extends Error {}

/**
 * Takes these users' usage of these features for this transaction: nobody else changes it, nor moves it to another user,
 * until the end. Users first, then counters, each sorted by key: who takes some of the same waits, and does not lock up.
 *
 * @returns the counters, each with the period it stands at
 * @throws UserGoneError
 */
export async function lockUsage(em: EntityManager, owners: readonly UsageOwner[]): Promise<{ span: UsageSpan; used: number }[]> {
  const userKeys = [...new Set(owners.map(({ userKey }) => userKey))];
  const users = await sqlRows(em, `select key from kana_user where key = any($1) order by key for key share`, [userKeys]);
  if (users.length < userKeys.length) {
    throw new UserGoneError('A user whose usage was to be recorded is gone.');
  }
  const asked = JSON.stringify(owners.map(({ userKey, featureId }) => ({ user_key: userKey, feature_id: featureId })));
  const found = await lockCounters(em, asked);
  if (found.length === owners.length) {
    return found;
  }
  await sqlWrite(
    em,
    `insert into usage_counter (user_key, feature_id, used)
     select user_key, feature_id, 0 from jsonb_to_recordset($1::jsonb) as asked(user_key text, feature_id text)
     order by user_key, feature_id on conflict do nothing`,
    [asked],
  );
  return lockCounters(em, asked);
}

async function lockCounters(em: EntityManager, asked: string): Promise<{ span: UsageSpan; used: number }[]> {
  const rows = await sqlRows<CounterRow>(
    em,
    `select c.* from usage_counter c
       join jsonb_to_recordset($1::jsonb) as asked(user_key text, feature_id text) using (user_key, feature_id)
      order by c.user_key, c.feature_id for update of c`,
    [asked],
  );
  return rows.map((row) => ({
    span: { userKey: row.user_key, featureId: row.feature_id, period: { start: timeOf(row.period_start), end: timeOf(row.period_end) } },
    used: Number(row.used),
  }));
}

/** The totals of all these periods: from the counters where they stand there, the others added up in one statement. */
export async function readTotals(
  em: EntityManager,
  counters: readonly { readonly span: UsageSpan; readonly used: number }[],
  spans: readonly UsageSpan[],
): Promise<PeriodTotals> {
  const totals = new PeriodTotals(counters);
  const missing = [...new Map(spans.filter((span) => !totals.has(span)).map((span) => [spanKey(span), span])).values()];
  const sums = await sumPeriods(em, missing);
  for (const [index, span] of missing.entries()) {
    totals.set(span, sums[index] ?? 0);
  }
  return totals;
}

/** The records that an API key has made under these idempotency keys. */
export async function readByKeys(em: EntityManager, apiKeyId: string, keys: readonly string[]): Promise<Map<string, StoredUsage>> {
  const rows = await sqlRows<StoredUsage>(
    em,
    `select * from usage_record where api_key_id = $1 and idempotency_key = any($2)`,
    [apiKeyId, keys],
  );
  return new Map(rows.map((row) => [row.idempotency_key, row]));
}

/** Writes records, what they change of their days, and the counters, which stand at `current` afterwards. */
export async function writeUsage(
  em: EntityManager,
  records: readonly StoredUsage[],
  current: readonly { readonly span: UsageSpan; readonly used: number }[],
): Promise<void> {
  await writeRows(em, USAGE_RECORD_TABLE, records);
  await sqlWrite(em, ADD_TO_DAYS, [JSON.stringify(records)]);
  await updateRows(
    em,
    USAGE_COUNTER_TABLE,
    current.map(({ span: { userKey, featureId, period }, used }) => ({
      user_key: userKey,
      feature_id: featureId,
      period_start: period.start?.toISOString() ?? null,
      period_end: period.end?.toISOString() ?? null,
      used,
    })),
  );
}

const ADD_TO_DAYS = `
insert into usage_day (user_key, feature_id, day, total)
select user_key, feature_id, (occurred_at at time zone 'UTC')::date as day, sum(amount)
from jsonb_to_recordset($1::jsonb) as r(user_key text, feature_id text, occurred_at timestamptz, amount bigint)
group by 1, 2, 3 order by 1, 2, 3
on conflict (user_key, feature_id, day) do update set total = usage_day.total + excluded.total`;

export function periodOf({ period_start, period_end }: Pick<StoredUsage, 'period_start' | 'period_end'>): UsagePeriod | null {
  return period_start === null && period_end === null ? null : { start: timeOf(period_start), end: timeOf(period_end) };
}

function timeOf(text: string | null): Date | null {
  return text === null ? null : new Date(isoTime(text));
}
