import pg from 'pg';

import type { AskedApi, TestApi } from '../support/api.js';
import type { OracleAccess } from '../support/oracle/access.js';
import type { OldLink } from '../support/oracle/account.js';
import type { Prediction } from '../support/oracle/oracle.js';
import { plainEmail } from '../support/oracle/people.js';
import type { OraclePrice } from '../support/oracle/prices.js';
import type { OracleRow } from '../support/oracle/results.js';
import { ok, readAll } from './kana.js';

const CHECKS_PER_CALL = 100;

interface Check {
  userId: string;
  featureId: string;
  access?: boolean;
  consumption?: { used: number; budget: number | null } | null;
  problem?: { code: string };
}

/** Asks the api, batch by batch; the answers in the order of the questions. */
async function check(api: AskedApi, questions: readonly { userId: string; featureId: string }[]): Promise<Check[]> {
  const answers: Check[] = [];
  for (let start = 0; start < questions.length; start += CHECKS_PER_CALL) {
    const checks = questions.slice(start, start + CHECKS_PER_CALL);
    answers.push(...(await ok(api.post<{ data: Check[] }>('/v1/entitlements/check', { checks }))).data);
  }
  return answers;
}

/** `user feature` → access, for the given users and features. */
export async function readAccess(api: AskedApi, userIds: readonly string[], featureIds: readonly string[]): Promise<Map<string, OracleAccess>> {
  const questions = userIds.flatMap((userId) => featureIds.map((featureId) => ({ userId, featureId })));
  const answers = await check(api, questions);
  return new Map(answers.map(({ userId, featureId, access = false, consumption, problem }) => {
    const answer = consumption ? { access, budget: consumption.budget } : { access };
    return [`${userId} ${featureId}`, problem === undefined ? answer : { ...answer, ...problem }];
  }));
}

interface User {
  id: string;
  name: string | null;
  email: string | null;
  billingId: string | null;
}

/** Users as the oracle describes them. */
export async function readUsers(api: TestApi): Promise<User[]> {
  const users = await readAll<User>(api, '/v1/users');
  return users.map(({ id, name, email, billingId }) => ({ id, name, email: plainEmail(email), billingId })).toSorted(byId);
}

interface Link {
  customerId: string;
  matchedBy: OldLink['how'];
  conflict: string | null;
}

/** Who is linked to whom, as the oracle takes it: by customer. */
export async function readLinks(api: TestApi): Promise<Record<string, OldLink>> {
  const users = await readAll<User>(api, '/v1/users');
  const links = await Promise.all(users.map(async ({ id }) => {
    const own = await readAll<Link>(api, `/v1/users/${encodeURIComponent(id)}/links`);
    return own.map(({ customerId, matchedBy: how, conflict }) => [customerId, { userId: id, how, conflict }] as const);
  }));
  return Object.fromEntries(links.flat());
}

export function predictedUsers({ users }: Prediction, seen: readonly User[]): User[] {
  return users
    .map(({ id, billingId, ...told }) => {
      const shown = seen.find((user) => user.id === id);
      const { email = shown?.email ?? null, name = shown?.name ?? null } = told;
      return { id, name, email, billingId };
    })
    .toSorted(byId);
}

function byId(one: { id: string }, other: { id: string }): number {
  return one.id < other.id ? -1 : 1;
}

/** Which user answers to each of these names; the ones that nobody answers to are left out. */
export async function readOwners(api: TestApi, names: readonly string[], featureId: string): Promise<Record<string, string>> {
  const answers = await check(api, names.map((userId) => ({ userId, featureId })));
  return Object.fromEntries(answers.flatMap(({ userId, problem }, index) => (problem === undefined ? [[names[index] ?? '', userId]] : [])));
}

interface Issue {
  kind: string;
  subject: { id: string };
}

export async function readIssues(api: TestApi): Promise<string[]> {
  const issues = await readAll<Issue>(api, '/v1/sync/issues?status=OPEN');
  return issues.map(({ kind, subject }) => `${kind} ${subject.id}`).toSorted();
}

interface Row {
  stripeSubscriptionId: string;
  userId: string | null;
  matchedBy: string | null;
  packages: { packageId: string; status: string }[];
  result: OracleRow['result'];
  reasons: string[];
  parkedItems: number;
}

/** Every row of a run, in the oracle's terms. */
export async function readRows(api: TestApi, runId: string, prediction: Prediction): Promise<Map<string, unknown>> {
  const rows = await readAll<Row>(api, `/v1/stripe/imports/${runId}/rows`);
  return new Map(rows.map(({ stripeSubscriptionId: id, userId, matchedBy, packages, result, reasons, parkedItems }) => {
    const expected = prediction.rows.get(id);
    return [id, {
      result,
      userId,
      matchedBy: expected?.matchedBy === 'EMAIL_OR_CREATED' && ['EMAIL', 'CREATED'].includes(matchedBy ?? '') ? 'EMAIL_OR_CREATED' : matchedBy,
      packages: packages.map(({ packageId, status }) => `${packageId} ${status}`).toSorted(),
      reasons: expected?.reasons === null ? null : reasons.toSorted(),
      parkedItems,
    }];
  }));
}

interface Price {
  id: string;
  state: OraclePrice['state'];
  waiting: { subscriptions: number; users: number; monthly: { amount: number; currency: string }[]; unknownItems: number };
}

/** The price list, in the oracle's terms. */
export async function readPrices(api: TestApi): Promise<Map<string, OraclePrice>> {
  const prices = await readAll<Price>(api, '/v1/stripe/prices');
  return new Map(prices.map(({ id, state, waiting: { monthly, ...waiting } }) => {
    const amounts = Object.fromEntries(monthly.map(({ amount, currency }) => [currency, amount]));
    return [id, { state, ...waiting, monthly: amounts }];
  }));
}

/** As the api rounds: once, at the end. */
export function roundedPrices({ prices }: Prediction): Map<string, OraclePrice> {
  const rounded = (monthly: OraclePrice['monthly']) =>
    Object.fromEntries(Object.entries(monthly).map(([currency, amount]) => [currency, Math.round(amount)]));
  return new Map([...prices].map(([id, price]) => [id, { ...price, monthly: rounded(price.monthly) }]));
}

/** What a run writes about itself (when it has read what, what it found), and what is used without a change of the domain. */
const NOT_DOMAIN = /^(?:import_|sync_stream$|drift_row$|aside_object$|request_budget$|sample_walk$|worker_process$|sync_lane$|api_key$|audit_entry$|idempotency_record$|mikro_orm)/;

/**
 * A digest of each domain table, with the transaction that wrote each row: an equal row that was written again shows,
 * too. Of connections the time of reading is left out.
 */
export async function digestDomain(databaseUrl: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`);
    const digests: Record<string, string> = {};
    for (const { name } of rows.filter((table) => !NOT_DOMAIN.test(table.name))) {
      const row = name === 'stripe_connection' ? `(to_jsonb(t) - 'prices_read_at')::text` : `t.xmin::text || t::text`;
      const result = await client.query<{ digest: string }>(`select count(*) || ' ' || md5(coalesce(string_agg(${row}, '' order by t::text), '')) as digest from "${name}" t`);
      digests[name] = result.rows[0]?.digest ?? '';
    }
    return digests;
  } finally {
    await client.end();
  }
}
