import { startTestServer, type TestServerDetails } from '../../test/support/test-server.js';
import { describeMachine } from '../support/machine.js';
import { writeResults } from '../support/results.js';
import { arePeersInstalled } from '../import/contestants.js';
import { openCompany } from './company.js';
import { type Accepted, type Latency, makeEvents, measureAccepting, measureLatency, measureSettling, type Settled } from './measure.js';
import { measurePeers, type PeerWebhooks } from './measure-peers.js';

export interface WebhookBenchOptions {
  readonly subscriptions: number;
  readonly events: number;
  readonly seconds: number;
  readonly connections: readonly number[];
  /** Of the second queue backend; undefined = PostgreSQL alone. */
  readonly redisUrl: string | undefined;
  /** Whether the peers' `processWebhook` is measured, too. */
  readonly peers: boolean;
}

interface Figures {
  readonly backend: string;
  readonly accepted: Accepted[];
  readonly settled: Settled;
  readonly latency: Latency[];
}

const BAR = { acceptedPerSecond: 1500, settledPerSecond: 1000 };
const LATENCY_CHANGES = 60;
const BUSY_EVENTS_PER_SECOND = 200;
/** They go to the peers' processes in one message. */
const MOST_PEER_EVENTS = 5000;

/**
 * Measures webhooks from the door to the changed answer: accepted a second, settled a second, and how long one change takes.
 * Client, sandbox, api, worker and PostgreSQL share the machine.
 *
 * @returns whether the bar is met
 */
export async function benchWebhooks(options: WebhookBenchOptions): Promise<boolean> {
  const server = await startTestServer();
  try {
    const figures = [await measure('PostgreSQL', server.details, options, {})];
    if (options.redisUrl !== undefined) {
      figures.push(await measure('Redis', server.details, options, { REDIS_URL: options.redisUrl }));
    }
    const peers = options.peers ? await measureInstalledPeers(server.details, options) : [];
    return tell(figures, peers, options);
  } finally {
    await server.stop();
  }
}

async function measure(backend: string, details: TestServerDetails, options: WebhookBenchOptions, settings: Readonly<Record<string, string>>): Promise<Figures> {
  say(`${backend}: importing ${options.subscriptions.toLocaleString('en')} subscriptions …`);
  const company = await openCompany(details, options.subscriptions, settings);
  try {
    // Kana is measured, not the limits that it keeps to.
    await company.call('PATCH', `/v1/stripe/connections/${company.connectionId}`, { settings: { requestsPerSecond: 0, requestsPerSecondPerEndpoint: 0 } });
    const latency = [await measureLatency(company, LATENCY_CHANGES, 0), await measureLatency(company, LATENCY_CHANGES, BUSY_EVENTS_PER_SECOND)];
    await company.sandbox.deliveries.idle();
    await company.stopWorker();
    say(`${backend}: making ${options.events.toLocaleString('en')} events …`);
    const bodies = makeEvents(company, options.events);
    const accepted: Accepted[] = [];
    for (const connections of options.connections) {
      accepted.push(await measureAccepting(company, connections, options.seconds, bodies));
    }
    return { backend, accepted, settled: await measureSettling(company), latency };
  } finally {
    await company.close();
  }
}

async function measureInstalledPeers(server: TestServerDetails, { subscriptions, events, connections }: WebhookBenchOptions): Promise<PeerWebhooks[]> {
  if (!arePeersInstalled()) {
    say('The peers are not installed: `npm install --prefix bench/peers`.');
    return [];
  }
  say('The peers …');
  return measurePeers(server, subscriptions, Math.min(events, MOST_PEER_EVENTS), connections[0] ?? 1);
}

function tell(figures: readonly Figures[], peers: readonly PeerWebhooks[], options: WebhookBenchOptions): boolean {
  const isMet = figures.every(({ accepted, settled }) => accepted.every(({ perSecond, failed }) => failed === 0 && perSecond >= BAR.acceptedPerSecond) && settled.eventsPerSecond >= BAR.settledPerSecond);
  for (const { backend, accepted, settled, latency } of figures) {
    say(`\nQueue on ${backend}`);
    accepted.forEach((row) => say(`  accepted   ${row.connections} connections: ${row.perSecond}/s, p50 ${row.p50Ms} ms, p99 ${row.p99Ms} ms, ${row.failed} failed, api ${row.apiCpuMsPerEvent ?? '–'} ms of processor each`));
    say(`  settled    ${settled.events} events in ${settled.seconds} s: ${settled.eventsPerSecond}/s (${Object.entries(settled.results).map(([result, count]) => `${result} ${count}`).join(', ')}), ${settled.stripeReads} reads of Stripe`);
    say(`  memory     worker at most ${settled.workerPeakMib ?? '–'} MiB, api ${settled.apiPeakMib ?? '–'} MiB`);
    latency.forEach((row) => say(`  latency    ${row.eventsPerSecond === 0 ? 'idle' : `at ${row.eventsPerSecond} events/s`}: p50 ${row.p50Ms} ms, p95 ${row.p95Ms} ms over ${row.changes} changes`));
  }
  peers.forEach(({ program, perSecond, atOnce, failed, events }) => say(`\n${program}: processWebhook ${perSecond}/s, ${atOnce} at a time, ${failed} of ${events} failed`));
  const machine = describeMachine();
  say(`\nBar: ≥ ${BAR.acceptedPerSecond} accepted/s, ≥ ${BAR.settledPerSecond} settled/s: ${isMet ? 'met' : 'NOT met'}. ${machine.cores} cores for all; load average ${machine.loadAverage.join(' ')}.`);
  writeResults('webhooks', { options: { ...options, redisUrl: options.redisUrl !== undefined }, machine, bar: BAR, isMet, figures, peers });
  return isMet;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
