import { isDeepStrictEqual } from 'node:util';

import pg from 'pg';

import { ACME } from '../../test/import/acme.js';
import { readCatalog, readStore } from '../../test/import/kana.js';
import { readAccess } from '../../test/import/observe.js';
import type { AskedApi } from '../../test/support/api.js';
import type { OldLink } from '../../test/support/oracle/account.js';
import { predictInParts } from '../../test/support/oracle/in-parts.js';
import type { Company } from '../webhooks/company.js';

interface State {
  readonly status: string;
  readonly items: Readonly<Record<string, string>>;
}

/** Whether nothing waits and every subscription's status and items are in Kana as they are in Stripe. */
export async function isEqual({ sandbox, databaseUrl }: Company): Promise<boolean> {
  const inStripe = new Map<string, State>(sandbox.truth().subscriptions.map(({ id, status, items }) => [id, { status, items: Object.fromEntries(items.map((item) => [item.id, `${item.price.id} × ${item.quantity ?? null}`])) }]));
  const [{ open } = { open: true }] = await ask<{ open: boolean }>(databaseUrl, `select exists (select from sync_event where next_attempt_at is not null) as open`);
  if (open) {
    return false;
  }
  const rows = await ask<State & { id: string }>(
    databaseUrl,
    `select s.id, s.status, jsonb_object_agg(i.id, i.price_id || ' × ' || coalesce(i.quantity::text, 'null')) as items
       from stripe_subscription s join stripe_subscription_item i on i.connection_id = s.connection_id and i.subscription_id = s.id group by s.connection_id, s.id`,
  );
  // Lists do not show those that live under a test clock; a reconciliation finds them.
  const unlisted = new Set(sandbox.truth().underTestClock.subscriptions.map(({ id }) => id));
  const inKana = new Map(rows.filter(({ id }) => !unlisted.has(id)).map(({ id, ...state }) => [id, state]));
  return isDeepStrictEqual(inKana, inStripe);
}

/** How many answers, of every user to every feature, are not what the oracle says of Stripe's account with Kana's links. */
export async function countWrongAnswers(company: Company, mapping: Readonly<Record<string, string>>): Promise<{ answers: number; wrong: number }> {
  const api = apiOf(company);
  const [store, catalog, links] = [await readStore(company.sandbox.url), await readCatalog(api), await readLinks(company.databaseUrl)];
  const { users, access } = predictInParts({ store, users: [], catalog, mapping, links });
  const seen = await readAccess(api, users.map(({ id }) => id), ACME.features.map(({ id }) => id));
  return { answers: seen.size, wrong: [...seen].filter(([question, answer]) => !isDeepStrictEqual(answer, access.get(question))).length };
}

async function readLinks(databaseUrl: string): Promise<Record<string, OldLink>> {
  const rows = await ask<OldLink & { customerId: string }>(
    databaseUrl,
    `select l.customer_id as "customerId", n.name as "userId", l.matched_by as how,
            c.conflict
       from customer_link l join user_name n on n.user_key = l.user_key and n.kind = 'ID'
       join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id`,
  );
  return Object.fromEntries(rows.map(({ customerId, ...link }) => [customerId, link]));
}

function apiOf({ call }: Company): AskedApi {
  const ask = async <Body>(method: string, path: string, body?: unknown) => ({ status: 200, body: await call<Body>(method, path, body), headers: new Headers() });
  return { get: (path) => ask('GET', path), post: (path, body) => ask('POST', path, body) };
}

async function ask<Row>(databaseUrl: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}
