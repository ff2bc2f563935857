import pg from 'pg';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { percentile, putUnderLoad } from '../support/load.js';
import { cpuMsOf, memoryMibOf, round } from '../support/machine.js';
import { type Company, until } from './company.js';
import { makeEvents, webhookRequest } from './make-events.js';

export interface Accepted {
  readonly connections: number;
  readonly accepted: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly apiCpuMsPerEvent: number | null;
}

/** How many webhooks the api takes, each stored before it is answered; nobody settles them meanwhile. */
export async function measureAccepting(company: Company, connections: number, seconds: number, bodies: Buffer[]): Promise<Accepted> {
  const before = cpuMsOf(company.api.child.pid);
  let next = 0;
  const load = await putUnderLoad({
    port: company.port,
    connections,
    seconds,
    next: () => {
      const body = bodies[next % bodies.length] ?? Buffer.alloc(0);
      next += 1;
      return webhookRequest(company, body);
    },
  });
  const after = cpuMsOf(company.api.child.pid);
  const sorted = load.latencies.toSorted((one, other) => one - other);
  return {
    connections,
    accepted: sorted.length - load.failures,
    failed: load.failures,
    perSecond: Math.round((sorted.length - load.failures) / load.seconds),
    p50Ms: round(percentile(sorted, 0.5)),
    p99Ms: round(percentile(sorted, 0.99)),
    apiCpuMsPerEvent: before === null || after === null ? null : round((after - before) / sorted.length),
  };
}

export interface Settled {
  readonly events: number;
  readonly results: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly workerPeakMib: number | null;
  readonly apiPeakMib: number | null;
  readonly stripeReads: number;
}

/** How long the worker takes for what lies in the inbox. */
export async function measureSettling(company: Company): Promise<Settled> {
  const client = new pg.Client({ connectionString: company.databaseUrl });
  await client.connect();
  const open = async (): Promise<number> => Number((await client.query<{ count: string }>(`select count(*) from sync_event where next_attempt_at is not null`)).rows[0]?.count);
  const peaks = { worker: 0, api: 0 };
  const events = await open();
  company.sandbox.forgetRequests();
  await company.startWorker();
  const started = performance.now();
  await until(async () => {
    peaks.worker = Math.max(peaks.worker, memoryMibOf(company.worker().child.pid) ?? 0);
    peaks.api = Math.max(peaks.api, memoryMibOf(company.api.child.pid) ?? 0);
    return (await open()) === 0;
  });
  const seconds = (performance.now() - started) / 1000;
  const { rows } = await client.query<{ result: string; count: number }>(`select result, count(*)::int as count from sync_event group by 1 order by 1`);
  await client.end();
  const reads = Object.entries(company.sandbox.requests().byPath).filter(([path]) => path.startsWith('GET /v1/subscriptions/'));
  return {
    events,
    results: Object.fromEntries(rows.map(({ result, count }) => [result, count])),
    seconds: round(seconds),
    eventsPerSecond: Math.round(events / seconds),
    workerPeakMib: peaks.worker || null,
    apiPeakMib: peaks.api || null,
    stripeReads: reads.reduce((sum, [, count]) => sum + count, 0),
  };
}

export interface Latency {
  readonly eventsPerSecond: number;
  readonly changes: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** From a change in Stripe to the changed answer of the check, with and without other events meanwhile. */
export async function measureLatency(company: Company, changes: number, eventsPerSecond: number): Promise<Latency> {
  const random = new Random('latency');
  const background = eventsPerSecond === 0 ? null : keepChanging(company, eventsPerSecond, random.fork('background'));
  const latencies: number[] = [];
  for (let change = 0; change < changes; change += 1) {
    latencies.push(await followOneChange(company, change));
  }
  clearInterval(background ?? undefined);
  const sorted = latencies.toSorted((one, other) => one - other);
  return { eventsPerSecond, changes, p50Ms: round(percentile(sorted, 0.5)), p95Ms: round(percentile(sorted, 0.95)) };
}

function keepChanging({ sandbox }: Company, perSecond: number, random: Random): NodeJS.Timeout {
  const every = 50;
  const live = sandbox.truth().subscriptions.filter(({ status }) => status === 'active').map(({ id }) => id);
  return setInterval(() => {
    for (let made = 0; made < (perSecond * every) / 1000; made += 1) {
      sandbox.changes.changeSubscription(live[random.below(live.length)] ?? '', { quantity: 1 + random.below(20) });
    }
  }, every);
}

/** A new customer subscribes: the check says "unknown user" until Kana has it all. */
async function followOneChange(company: Company, number: number): Promise<number> {
  const email = `latency.${number}.${Date.now()}@bench.example`;
  const { id } = company.sandbox.mutate.createCustomer({ email });
  const started = performance.now();
  company.sandbox.mutate.createSubscription({ customer: id, items: [{ price: 'price_TeamMonthUsd' }] });
  for (;;) {
    const { data } = await company.call<{ data: { access?: boolean }[] }>('POST', '/v1/entitlements/check', { checks: [{ userId: email, featureId: 'projects' }] });
    if (data[0]?.access === true) {
      return performance.now() - started;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export { makeEvents };
