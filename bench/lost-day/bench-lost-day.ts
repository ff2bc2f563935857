import { isDeepStrictEqual } from 'node:util';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { mappingOf } from '../../test/import/acme.js';
import { digestDomain } from '../../test/import/observe.js';
import { AccountDriver } from '../../test/live/drive-account.js';
import { startTestServer } from '../../test/support/test-server.js';
import { describeMachine, round } from '../support/machine.js';
import { writeResults } from '../support/results.js';
import { type Company, openCompany, until } from '../webhooks/company.js';
import { countWrongAnswers, isEqual } from './equality.js';

export interface LostDayOptions {
  readonly subscriptions: number;
  readonly changes: number;
  readonly seed: string;
}

interface Outcome {
  /** From the moment when somebody looks again until Kana holds what Stripe has. */
  readonly seconds: number;
  readonly requests: number;
  /** Of every user to every feature, by an oracle of its own. */
  readonly checks: { readonly answers: number; readonly wrong: number };
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
 * @returns whether it did, and every check was answered as Stripe's account says
 */
export async function benchLostDay(options: LostDayOptions): Promise<boolean> {
  const server = await startTestServer();
  const company = await openCompany(server.details, options.subscriptions, {});
  try {
    const mapping = mappingOf(company.sandbox.truth());
    const driver = new AccountDriver(company.sandbox, new Random(options.seed));
    company.sandbox.deliveries.put({ drop: 1 });
    await company.call('PATCH', `/v1/stripe/connections/${company.connectionId}`, { settings: NO_BRAKE });

    await loseDay(company, driver, options.changes);
    const byPoll = await measure(company, mapping, () => isEqual(company));

    await loseDay(company, driver, options.changes);
    company.sandbox.events.forget();
    let run: Run | null = null;
    const byReconciliation = await measure(company, mapping, async () => {
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
  sandbox.clock.advance(DAY_MS / changes);
  for (let change = 0; change < changes; change += 1) {
    driver.change();
    sandbox.clock.advance(DAY_MS / changes);
  }
}

async function measure(company: Company, mapping: Readonly<Record<string, string>>, isOver: () => Promise<boolean>): Promise<Outcome> {
  company.sandbox.forgetRequests();
  await company.startWorker();
  const started = performance.now();
  await until(isOver);
  const seconds = round((performance.now() - started) / 1000);
  return { seconds, requests: requestsOf(company), checks: await countWrongAnswers(company, mapping) };
}

function requestsOf({ sandbox }: Company): number {
  return Object.values(sandbox.requests().byPath).reduce((sum, count) => sum + count, 0);
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
  const isRight = byPoll.checks.wrong + byReconciliation.checks.wrong === 0;
  const isEmpty = second.drift === 0 && !second.wrote;
  const machine = describeMachine();
  process.stdout.write(`
${options.subscriptions.toLocaleString('en')} subscriptions, twice a day of ${options.changes.toLocaleString('en')} changes without a webhook (seed ${options.seed}), 25 requests/s as of a Stripe sandbox
  by poll            equal after ${byPoll.seconds} s, ${byPoll.requests} requests, ${byPoll.checks.wrong} of ${byPoll.checks.answers} checks wrong
  by reconciliation  equal after ${byReconciliation.seconds} s, ${byReconciliation.requests} requests, ${byReconciliation.checks.wrong} of ${byReconciliation.checks.answers} checks wrong
  a second one       ${isEmpty ? 'finds nothing and writes nothing' : `finds ${second.drift} objects, writes ${second.wrote ? 'something' : 'nothing'}`}
${machine.cores} cores for all; load average ${machine.loadAverage.join(' ')}.
`);
  writeResults('lost-day', { options, machine, done, ...figures });
  return isEmpty && isRight;
}
