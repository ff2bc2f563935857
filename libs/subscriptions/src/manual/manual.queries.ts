import type { EntityManager } from '@mikro-orm/postgresql';

import { isoTime, sqlRows } from '@app/common';

import type { SubscriptionSource, SubscriptionStatus } from '../subscription.types.js';
import type { HeldPackage, WantedPackage } from './manual.types.js';

/** A package subscription that Kana itself gave, as far as Kana decides on it. */
export interface ManualRecord {
  readonly id: string;
  readonly userKey: string;
  readonly packageId: string;
  readonly status: SubscriptionStatus;
  readonly quantity: number | null;
  readonly givesAccess: boolean;
  readonly accessUntil: string | null;
  readonly cancelAt: string | null;
  readonly endedAt: string | null;
  /** The API key that made it, and the one that last said when it ends. */
  readonly createdBy: string | null;
  readonly cancelledBy: string | null;
}

/** The packages, which stay as they are until the end of the transaction; those that do not exist are missing. */
export async function lockPackages(em: EntityManager, ids: readonly string[]): Promise<Map<string, WantedPackage>> {
  const rows = await sqlRows<WantedPackage>(
    em,
    `select id as "packageId", status, is_addon as "isAddon", requires_base as "requiresBase", base_package_ids as "basePackageIds"
       from package where id = any($1) order by id for share`,
    [ids],
  );
  return new Map(rows.map((row) => [row.packageId, row]));
}

/**
 * Takes a user for this transaction, by id or alias, so that decisions about what they have come one after the other;
 * null = there is none.
 */
export function lockUser(em: EntityManager, name: string): Promise<string | null> {
  return lockUserBy(em, 'select user_key from user_name where name = $1', name);
}

/** As `lockUser`, by the internal key; false = the user is gone. */
export async function lockUserKey(em: EntityManager, userKey: string): Promise<boolean> {
  const found = await sqlRows(em, `select 1 from kana_user where key = $1 for no key update`, [userKey]);
  return found.length > 0;
}

/** As `lockUser`, the user of a package subscription; null = there is no such subscription. */
export function lockUserOf(em: EntityManager, subscriptionId: string): Promise<string | null> {
  return lockUserBy(em, 'select user_key from package_subscription where id = $1', subscriptionId);
}

/** Whoever became another user while we waited for them is looked for once more. */
async function lockUserBy(em: EntityManager, keyQuery: string, value: string): Promise<string | null> {
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const [user] = await sqlRows<{ key: string }>(em, `select key from kana_user where key = (${keyQuery}) for no key update`, [value]);
    if (user !== undefined) {
      return user.key;
    }
  }
  return null;
}

interface HeldRow extends Omit<HeldPackage, 'endsAt'> {
  readonly endsAt: string | null;
}

/** What gives the user access at that time, from Stripe and from Kana alike. */
export async function loadHeld(em: EntityManager, userKey: string, at: Date): Promise<HeldPackage[]> {
  const rows = await sqlRows<HeldRow>(
    em,
    `select s.id as "subscriptionId", s.source, s.package_id as "packageId", p.is_addon as "isAddon", p.requires_base as "requiresBase",
            p.base_package_ids as "basePackageIds", case when s.source = 'KANA' then s.access_until end as "endsAt"
       from package_subscription s join package p on p.id = s.package_id
      where s.user_key = $1 and s.ended_at is null and s.gives_access and (s.access_until is null or s.access_until > $2)
      order by s.started_at, s.id`,
    [userKey, at],
  );
  return rows.map((row) => ({ ...row, endsAt: isoTime(row.endsAt) }));
}

interface TargetRow extends HeldRow {
  readonly ended: boolean;
}

/** One package subscription, whatever its source and state. */
export async function loadTarget(em: EntityManager, id: string): Promise<HeldPackage & { readonly ended: boolean }> {
  const [row] = await sqlRows<TargetRow>(
    em,
    `select s.id as "subscriptionId", s.source, s.package_id as "packageId", p.is_addon as "isAddon", p.requires_base as "requiresBase",
            p.base_package_ids as "basePackageIds", s.access_until as "endsAt", s.ended_at is not null as ended
       from package_subscription s join package p on p.id = s.package_id
      where s.id = $1`,
    [id],
  );
  if (row === undefined) {
    throw new RangeError(`Subscription ${id}, whose user is locked, is gone.`);
  }
  return { ...row, endsAt: isoTime(row.endsAt) };
}

interface ManualRow {
  id: string;
  user_key: string;
  package_id: string;
  status: SubscriptionStatus;
  source: SubscriptionSource;
  quantity: string | null;
  gives_access: boolean;
  access_until: string | null;
  cancel_at: string | null;
  ended_at: string | null;
  created_by: string | null;
  cancelled_by: string | null;
}

/** Takes these of Kana's own records; only them, since what Stripe is paid for is written in another order. */
export async function lockManual(em: EntityManager, ids: readonly string[]): Promise<ManualRecord[]> {
  const rows = await sqlRows<ManualRow>(
    em,
    `select * from package_subscription where id = any($1) and source = 'KANA' order by id for no key update`,
    [ids],
  );
  return rows.map(toManualRecord);
}

/** Takes open records whose time has come by `at`: of one user, or as many as given of all that nobody else has taken. */
export async function lockDue(em: EntityManager, at: Date, scope: { userKey: string } | { limit: number }): Promise<ManualRecord[]> {
  const due = `select * from package_subscription where source = 'KANA' and ended_at is null and access_until <= $1`;
  const rows = await ('userKey' in scope
    ? sqlRows<ManualRow>(em, `${due} and user_key = $2 order by id for no key update`, [at, scope.userKey])
    : sqlRows<ManualRow>(em, `${due} order by access_until, id limit $2 for no key update skip locked`, [at, scope.limit]));
  return rows.map(toManualRecord);
}

function toManualRecord(row: ManualRow): ManualRecord {
  return {
    id: row.id,
    userKey: row.user_key,
    packageId: row.package_id,
    status: row.status,
    quantity: row.quantity === null ? null : Number(row.quantity),
    givesAccess: row.gives_access,
    accessUntil: isoTime(row.access_until),
    cancelAt: isoTime(row.cancel_at),
    endedAt: isoTime(row.ended_at),
    createdBy: row.created_by,
    cancelledBy: row.cancelled_by,
  };
}
