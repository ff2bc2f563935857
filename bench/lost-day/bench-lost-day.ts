import { isDeepStrictEqual } from 'node:util';

import pg from 'pg';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { digestDomain } from '../../test/import/observe.js';
import { AccountDriver } from '../../test/live/drive-account.js';
import { startTestServer } from '../../test/support/test-server.js';
import { describeMachine, round } from '../support/machine.js';
import { writeResults } from '../support/results.js';
import { type Company, openCompany, until } from '../webhooks/company.js';

export interface LostDayOptions {
  readonly subscriptions: number;
  readonly changes: number;
  readonly seed: string;
}

interface Outcome {
  /** From the moment when somebody looks again until Kana holds what Stripe has. */
  readonly seconds: number;
  readonly requests: number;
}

interface Run {
  readonly id: string;
  readonly status: string;
  readonly drift: { readonly objects: number };
}

const DAY_MS = 86_400_000;
const NO_BRAKE = { brakePercent: 100, brakeUsers: 1_000_000 };

/**
 * A day of changes in Stripe of which no webhook comes, and nobody looks meanwhile: how long until Kana holds what Stripe has,
 * by the list of events alone, and, of another such day whose events are gone, by a reconciliation alone. A second
 * reconciliation must find and write nothing.
 *
 * @returns whether it did
 */
export async function benchLostDay(options: LostDayOptions): Promise<boolean> {
  const server = await startTestServer();
  const company = await openCompany(server.details, options.subscriptions, {});
  try {
    const driver = new AccountDriver(company.sandbox, new Random(options.seed));
    company.sandbox.deliveries.put({ drop: 1 });
    await company.call('PATCH', `/v1/stripe/connections/${company.connectionId}`, { settings: NO_BRAKE });

    await loseDay(company, driver, options.changes);
    const byPoll = await measure(company, () => isEqual(company));

    await loseDay(company, driver, options.changes);
    company.sandbox.events.forget();
    let run: Run | null = null;
    const byReconciliation = await measure(company, async () => {
      run = await (run === null ? company.call<Run>('POST', '/v1/sync/reconciliations', {}) : company.call<Run>('GET', `/v1/sync/reconciliations/${run.id}`));
      return run.status === 'COMPLETED' && isEqual(company);
    });
    return tell(options, driver, { byPoll, byReconciliation, second: await reconcileAgain(company) });
  } finally {
    await company.close();
    await server.stop();
  }
}

/** While it lasts there is no worker: it would poll. */
async function loseDay({ sandbox, stopWorker }: Company, driver: AccountDriver, changes: number): Promise<void> {
  await stopWorker();
  for (let change = 0; change < changes; change += 1) {
    driver.change();
    sandbox.clock.advance(DAY_MS / changes);
  }
}

async function measure(company: Company, isOver: () => Promise<boolean>): Promise<Outcome> {
  company.sandbox.forgetRequests();
  await company.startWorker();
  const started = performance.now();
  await until(isOver);
  return { seconds: round((performance.now() - started) / 1000), requests: requestsOf(company) };
}

function requestsOf({ sandbox }: Company): number {
  return Object.values(sandbox.requests().byPath).reduce((sum, count) => sum + count, 0);
}

interface State {
  readonly status: string;
  readonly items: Readonly<Record<string, string>>;
}

/** Every subscription's status and items, as Stripe has them and as Kana does. */
async function isEqual({ sandbox, databaseUrl }: Company): Promise<boolean> {
  const inStripe = new Map<string, State>(sandbox.truth().subscriptions.map(({ id, status, items }) => [id, { status, items: Object.fromEntries(items.map((item) => [item.id, `${item.price.id} × ${item.quantity ?? null}`])) }]));
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<State & { id: string }>(
    `select s.id, s.status, jsonb_object_agg(i.id, i.price_id || ' × ' || coalesce(i.quantity::text, 'null')) as items
       from stripe_subscription s join stripe_subscription_item i on i.connection_id = s.connection_id and i.subscription_id = s.id group by s.connection_id, s.id`,
  );
  await client.end();
  // Lists do not show those that live under a test clock; a reconciliation finds them.
  const unlisted = new Set(sandbox.truth().underTestClock.subscriptions.map(({ id }) => id));
  const inKana = new Map(rows.filter(({ id }) => !unlisted.has(id)).map(({ id, ...state }) => [id, state]));
  return isDeepStrictEqual(inKana, inStripe);
}

async function reconcileAgain({ call, databaseUrl }: Company): Promise<{ drift: number; wrote: boolean }> {
  const before = await digestDomain(databaseUrl);
  let run = await call<Run>('POST', '/v1/sync/reconciliations', {});
  await until(async () => {
    run = await call<Run>('GET', `/v1/sync/reconciliations/${run.id}`);
    return run.status === 'COMPLETED';
  });
  return { drift: run.drift.objects, wrote: !isDeepStrictEqual(await digestDomain(databaseUrl), before) };
}

interface Figures {
  readonly byPoll: Outcome;
  readonly byReconciliation: Outcome;
  readonly second: { readonly drift: number; readonly wrote: boolean };
}

function tell(options: LostDayOptions, { done }: AccountDriver, figures: Figures): boolean {
  const { byPoll, byReconciliation, second } = figures;
  const isEmpty = second.drift === 0 && !second.wrote;
  const machine = describeMachine();
  process.stdout.write(`
${options.subscriptions.toLocaleString('en')} subscriptions, twice a day of ${options.changes.toLocaleString('en')} changes without a webhook (seed ${options.seed}), 25 requests/s as of a Stripe sandbox
  by poll            equal after ${byPoll.seconds} s, ${byPoll.requests} requests
  by reconciliation  equal after ${byReconciliation.seconds} s, ${byReconciliation.requests} requests
  a second one       ${isEmpty ? 'finds nothing and writes nothing' : `finds ${second.drift} objects, writes ${second.wrote ? 'something' : 'nothing'}`}
${machine.cores} cores for all; load average ${machine.loadAverage.join(' ')}.
`);
  writeResults('lost-day', { options, machine, done, ...figures });
  return isEmpty;
}
