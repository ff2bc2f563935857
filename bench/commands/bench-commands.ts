import { startTestServer } from '../../test/support/test-server.js';
import { percentile } from '../support/load.js';
import { describeMachine, round } from '../support/machine.js';
import { writeResults } from '../support/results.js';
import { type Company, openCompany } from '../webhooks/company.js';

export interface CommandBenchOptions {
  /** Of the account. */
  readonly subscriptions: number;
  /** How many of them are changed, one after the other. */
  readonly changes: number;
  /** Stripe's milliseconds an answer. */
  readonly latenciesMs: readonly number[];
}

/** Milliseconds since the call was made. */
interface Took {
  /** The api has answered: it is taken in. */
  readonly accepted: number;
  readonly inStripe: number;
  /** The user's check answers by it. */
  readonly checked: number;
}

interface Subscription {
  id: string;
  userId: string;
  quantity: number | null;
  packageId: string;
  stripe: object | null;
}

interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}
type Result = { readonly latencyMs: number; readonly changes: number } & Record<keyof Took, Quantiles>;

const LOOK_MS = 2;
const PATIENCE_MS = 30_000;
/** What scales with the quantity in the packages of the sandbox's company. */
const FEATURE = 'projects';
const BUDGET_EACH = 20;

/** How long a change made in Kana takes until Stripe has it, and until the user's check answers by it. */
export async function benchCommands({ subscriptions, changes, latenciesMs }: CommandBenchOptions): Promise<boolean> {
  const machine = describeMachine();
  const server = await startTestServer();
  const results: Result[] = [];
  try {
    const company = await openCompany(server.details, subscriptions, {});
    try {
      await company.call('PATCH', `/v1/stripe/connections/${company.connectionId}`, { settings: { requestsPerSecond: 0, requestsPerSecondPerEndpoint: 0 } });
      for (const latencyMs of latenciesMs) {
        company.sandbox.setLatency(latencyMs);
        results.push(await measure(company, latencyMs, changes));
      }
    } finally {
      company.sandbox.setLatency(0);
      await company.close();
    }
  } finally {
    await server.stop();
  }
  results.forEach((result) => say(describe(result)));
  say(`\n${machine.cores} cores for all (${machine.cpu}); load average before ${machine.loadAverage.join(' ')}.`);
  writeResults('commands', { subscriptions, changes, machine, results });
  return results.every((result) => result.changes === changes);
}

async function measure(company: Company, latencyMs: number, changes: number): Promise<Result> {
  const took: Took[] = [];
  for (const subscription of await choose(company, 2 * changes)) {
    if (took.length < changes) {
      took.push(...(await change(company, subscription)));
    }
  }
  const quantiles = (name: keyof Took): Quantiles => {
    const sorted = took.map((one) => one[name]).toSorted((one, other) => one - other);
    return { p50: round(percentile(sorted, 0.5)), p95: round(percentile(sorted, 0.95)) };
  };
  return { latencyMs, changes: took.length, accepted: quantiles('accepted'), inStripe: quantiles('inStripe'), checked: quantiles('checked') };
}

/** Of users whose check shows the quantity. */
async function choose(company: Company, changes: number): Promise<Subscription[]> {
  const chosen: Subscription[] = [];
  for (let cursor: string | null = ''; cursor !== null && chosen.length < changes; ) {
    const path = `/v1/subscriptions?status=ACTIVE&packageId=team&limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page: { data: Subscription[]; nextCursor: string | null } = await company.call('GET', path);
    for (const subscription of page.data) {
      // Others have it from another package as well, which may win.
      if (subscription.stripe !== null && (await budgetOf(company, subscription.userId)) === BUDGET_EACH * (subscription.quantity ?? 0)) {
        chosen.push(subscription);
      }
    }
    cursor = page.nextCursor;
  }
  return chosen.slice(0, changes);
}

/** Nothing where it is refused: a schedule decides about this one, or a change of it waits for its payment. */
async function change(company: Company, { id, userId, quantity }: Subscription): Promise<Took[]> {
  const before = await budgetOf(company, userId);
  const started = performance.now();
  const since = (): number => performance.now() - started;
  const command = await company.call<{ id: string }>('POST', `/v1/subscriptions/${id}/change-quantity`, { quantity: (quantity ?? 0) + 1, proration: 'NONE' }).catch(nullIfRefused);
  const accepted = since();
  if (command === null) {
    return [];
  }
  await until(() => Promise.resolve((company.sandbox.idempotency()[command.id]?.mutations ?? 0) > 0));
  const inStripe = since();
  await until(async () => (await budgetOf(company, userId)) !== before);
  return [{ accepted, inStripe, checked: since() }];
}

function nullIfRefused(error: unknown): null {
  if (error instanceof Error && /schedule_attached|pending_update/.test(error.message)) {
    return null;
  }
  throw error;
}

async function budgetOf(company: Company, userId: string): Promise<number | null | undefined> {
  const { consumption } = await company.call<{ consumption: { budget: number | null } | null }>('GET', `/v1/users/${encodeURIComponent(userId)}/entitlements/${FEATURE}`);
  return consumption?.budget;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const started = performance.now(); !(await isSo()); ) {
    if (performance.now() - started > PATIENCE_MS) {
      throw new Error('A change has not arrived in half a minute.');
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function describe({ latencyMs, changes, accepted, inStripe, checked }: Result): string {
  const both = ({ p50, p95 }: Quantiles): string => `p50 ${p50} ms, p95 ${p95} ms`;
  return `Stripe at ${latencyMs} ms, ${changes} changes: taken in after ${both(accepted)}; in Stripe after ${both(inStripe)}; in the user's check after ${both(checked)}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
