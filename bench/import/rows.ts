import pg from 'pg';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';

/** Where a program keeps what it imported: a query for the ids of each kind. */
export interface Tables {
  readonly subscriptions: string;
  readonly items: string;
  readonly customers: string;
}

export interface Rows {
  readonly subscriptions: number;
  readonly items: number;
  readonly customers: number;
}

/** What lists show of the sandbox's account; `gone` are its deleted customers, whom only their subscriptions name. */
export interface Expected {
  readonly subscriptions: ReadonlySet<string>;
  readonly items: ReadonlySet<string>;
  readonly customers: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
}

const ENDED: readonly string[] = ['canceled', 'incomplete_expired'];

/** To be asked once: a large account is long to go through. */
export function expectedOf(sandbox: Sandbox): { all: Expected; live: Expected } {
  const customers = { customers: new Set<string>(), gone: new Set<string>() };
  for (const customer of sandbox.customers()) ('deleted' in customer ? customers.gone : customers.customers).add(customer.id);
  const all = { ...customers, subscriptions: new Set<string>(), items: new Set<string>() };
  const live = { ...customers, subscriptions: new Set<string>(), items: new Set<string>() };
  for (const { id, status, items } of sandbox.subscriptions()) {
    for (const expected of ENDED.includes(status) ? [all] : [all, live]) {
      expected.subscriptions.add(id);
      items.forEach((item) => expected.items.add(item.id));
    }
  }
  return { all, live };
}

/** Counts what was imported. Throws when anything is missing, or there that the account does not have. */
export async function checkRows(url: string, tables: Tables, expected: Expected): Promise<Rows> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const idsOf = async (statement: string): Promise<Set<string>> => new Set((await client.query<{ id: string }>(statement)).rows.map(({ id }) => id));
    const found = { subscriptions: await idsOf(tables.subscriptions), items: await idsOf(tables.items), customers: await idsOf(tables.customers) };
    demandSame('subscriptions', found.subscriptions, expected.subscriptions);
    demandSame('items', found.items, expected.items);
    demandSame('customers', new Set([...found.customers].filter((id) => !expected.gone.has(id))), expected.customers);
    return { subscriptions: found.subscriptions.size, items: found.items.size, customers: expected.customers.size };
  } finally {
    await client.end();
  }
}

function demandSame(kind: string, found: ReadonlySet<string>, expected: ReadonlySet<string>): void {
  const missing = [...expected].filter((id) => !found.has(id));
  const unknown = [...found].filter((id) => !expected.has(id));
  if (missing.length > 0 || unknown.length > 0) {
    throw new Error(`${kind}: ${missing.length} missing (${missing.slice(0, 3).join(' ')}), ${unknown.length} that Stripe does not have (${unknown.slice(0, 3).join(' ')})`);
  }
}
