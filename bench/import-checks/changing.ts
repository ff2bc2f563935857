import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { OpenKana } from '../import/contestants.js';
import { round } from '../support/machine.js';

/** How long Stripe's events waited until they were settled, in milliseconds of PostgreSQL's clock. */
export interface Waits {
  readonly events: number;
  readonly p50: number;
  readonly longest: number;
}

const POLL_MS = 100;
const SPREAD = 977;

/** Lets Stripe tell this Kana of every change. */
export async function followStripe({ call, connectionId, port }: OpenKana, sandbox: Sandbox): Promise<void> {
  const url = `http://127.0.0.1:${port}/webhooks/stripe/${connectionId}`;
  const { secret } = sandbox.mutate.createWebhook({ url, enabled_events: ['*'], api_version: '2026-10-28.endive' });
  await call('POST', `/v1/stripe/connections/${connectionId}/webhook-secret`, { secret });
}

/** Changes customers in Stripe at an even pace while `work` goes on, and waits until Kana has settled all of it. */
export async function changeWhile<Result>(work: Promise<Result>, sandbox: Sandbox, databaseUrl: string, perSecond: number): Promise<{ result: Result; waits: Waits }> {
  const customers = [...sandbox.customers()].flatMap((customer) => ('deleted' in customer ? [] : [customer.id]));
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const [{ began } = { began: '' }] = (await client.query<{ began: string }>('select now()::text as began')).rows;
    let isOver = false;
    const changing = (async () => {
      for (let index = 1; !isOver; index += 1) {
        sandbox.mutate.updateCustomer(customers[(index * SPREAD) % customers.length] ?? '', { name: `Changed ${index}` });
        await sleep(1000 / perSecond);
      }
    })();
    const result = await work.finally(() => (isOver = true));
    await changing;
    return { result, waits: await waitsSince(client, began) };
  } finally {
    await client.end();
  }
}

async function waitsSince(client: pg.Client, began: string): Promise<Waits> {
  for (;;) {
    const { rows } = await client.query<{ events: number; open: number; p50: number | null; longest: number | null }>(
      `select count(*)::int as events, count(*) filter (where settled_at is null)::int as open,
              (percentile_cont(0.5) within group (order by ms))::float8 as p50, max(ms)::float8 as longest
         from (select settled_at, extract(epoch from settled_at - received_at) * 1000 as ms from sync_event where received_at >= $1::timestamptz) e`,
      [began],
    );
    const [found] = rows;
    if (found !== undefined && found.open === 0) {
      return { events: found.events, p50: round(found.p50 ?? 0), longest: round(found.longest ?? 0) };
    }
    await sleep(POLL_MS);
  }
}
