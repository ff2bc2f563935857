import { loadavg } from 'node:os';

import { startTestServer } from '../../test/support/test-server.js';
import { percentile } from '../support/load.js';
import { describeMachine, round } from '../support/machine.js';
import { writeResults } from '../support/results.js';
import { openStage, type Stage } from './stage.js';

export interface BenchOptions {
  /** Package subscriptions of each database. */
  readonly sizes: readonly number[];
  readonly seconds: number;
  /** How often each database has its turn. */
  readonly rounds: number;
  /** Requests under way at any moment. */
  readonly connections: number;
}

interface Figures {
  readonly packageSubscriptions: number;
  readonly checks: number;
  readonly failures: number;
  readonly checksPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the api's process, a check; independent of what else the machine does. */
  readonly cpuMsPerCheck: number | null;
  readonly plan: readonly string[];
}

const BAR = { p99Ms: 10, checksPerSecond: 2000, growth: 1.3 };

/**
 * Measures the entitlement check over HTTP on a small and on a large database, in turns, so that whatever else the machine
 * does meets both alike.
 *
 * @returns whether the bar is met
 */
export async function benchEntitlements(options: BenchOptions): Promise<boolean> {
  const server = await startTestServer();
  const stages: Stage[] = [];
  try {
    for (const size of options.sizes) {
      say(`Filling a database with ${size.toLocaleString('en')} package subscriptions …`);
      stages.push(await openStage(server.details, size));
    }
    const loadBefore = loadavg();
    const figures = await measure(stages, options);
    return tell(figures, options, { before: loadBefore, after: loadavg() });
  } finally {
    await Promise.all(stages.map((stage) => stage.close()));
    await server.stop();
  }
}

async function measure(stages: readonly Stage[], options: BenchOptions): Promise<Figures[]> {
  for (const stage of stages) {
    await stage.run({ ...options, seconds: Math.min(3, options.seconds) });
  }
  const taken: Taken[][] = stages.map(() => []);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [index, stage] of stages.entries()) {
      taken[index]?.push(await stage.run(options));
    }
  }
  return stages.map(({ packageSubscriptions, plan }, index) => ({ packageSubscriptions, plan, ...figuresOf(taken[index] ?? []) }));
}

type Taken = Awaited<ReturnType<Stage['run']>>;

function figuresOf(rounds: readonly Taken[]) {
  const sorted = rounds.flatMap(({ latencies }) => latencies).toSorted((one, other) => one - other);
  const cpuMs = rounds.every((one) => one.cpuMs !== null) ? sumOf(rounds.map((one) => one.cpuMs ?? 0)) : null;
  return {
    checks: sorted.length,
    failures: sumOf(rounds.map(({ failures }) => failures)),
    checksPerSecond: Math.round(sorted.length / sumOf(rounds.map(({ seconds }) => seconds))),
    p50Ms: round(percentile(sorted, 0.5)),
    p99Ms: round(percentile(sorted, 0.99)),
    cpuMsPerCheck: cpuMs === null ? null : round(cpuMs / sorted.length),
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function tell(figures: readonly Figures[], options: BenchOptions, load: { before: number[]; after: number[] }): boolean {
  const [small, large] = [figures[0], figures.at(-1)];
  const growth = small === undefined || large === undefined ? Number.NaN : round(large.p99Ms / small.p99Ms);
  const isFast = figures.every(({ p99Ms, checksPerSecond, failures }) => failures === 0 && p99Ms <= BAR.p99Ms && checksPerSecond >= BAR.checksPerSecond);
  const isMet = isFast && growth <= BAR.growth;
  const machine = { ...describeMachine(), loadAverage: load };
  say('');
  say(`${pad('subscriptions')}${pad('checks')}${pad('failed')}${pad('checks/s')}${pad('p50 ms')}${pad('p99 ms')}${pad('api cpu ms')}`);
  for (const row of figures) {
    say([row.packageSubscriptions, row.checks, row.failures, row.checksPerSecond, row.p50Ms, row.p99Ms, row.cpuMsPerCheck ?? '–'].map((value) => pad(value.toLocaleString('en'))).join(''));
  }
  say(`\np99 from the smallest to the largest: × ${growth}. Bar: p99 ≤ ${BAR.p99Ms} ms at ≥ ${BAR.checksPerSecond} checks/s, × ${BAR.growth}: ${isMet ? 'met' : 'NOT met'}.`);
  say(`${options.connections} connections; ${machine.cores} cores for client, api and PostgreSQL together; load average before ${load.before.map(round).join(' ')}, after ${load.after.map(round).join(' ')}.`);
  say(`\nPlan of the check on the largest database:\n${(large?.plan ?? []).join('\n')}`);
  writeResults('entitlements', { options, machine, bar: BAR, isMet, growth, figures });
  return isMet;
}

function pad(text: string): string {
  return text.padStart(15);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
