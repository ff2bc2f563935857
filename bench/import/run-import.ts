import { randomBytes } from 'node:crypto';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { administer, databaseUrl } from '../../test/support/test-server.js';
import { cpuMsOf, memoryMibOf, round } from '../support/machine.js';
import { cpuMsOfFamily } from '../support/processor.js';
import type { Conditions } from './conditions.js';
import type { Contestant, Entry } from './contestants.js';
import { checkRows, type expectedOf, type Rows } from './rows.js';

export interface ImportFigures {
  readonly seconds: number;
  readonly rowsPerSecond: number;
  readonly requests: number;
  readonly refused: number;
  readonly nodeCpuSeconds: number | null;
  readonly postgresCpuSeconds: number | null;
  /** Of all its processes together. */
  readonly peakMib: number | null;
  readonly rows: Rows;
}

export interface Ground {
  readonly adminUrl: string;
  readonly template: string;
  readonly postmaster: number | null;
  readonly sandbox: Sandbox;
  readonly expected: ReturnType<typeof expectedOf>;
}

const SAMPLE_MS = 100;
const NO_LIMITS = { requestsPerSecond: 0, requestsPerSecondPerEndpoint: 0 };

/** One import into a database of its own, which goes when it is counted. Throws when rows are missing. */
export async function runImport(entry: Entry, conditions: Conditions, ground: Ground): Promise<ImportFigures> {
  const { adminUrl, sandbox } = ground;
  const name = `kana_bench_${process.pid}_${randomBytes(3).toString('hex')}`;
  await administer(adminUrl, `create database "${name}"${entry.isMigrated ? ` template "${ground.template}"` : ''}`);
  const url = databaseUrl(adminUrl, name);
  try {
    const contestant = await entry.open(url, sandbox, conditions);
    try {
      const figures = await measure(contestant, conditions, ground);
      const rows = await checkRows(url, entry.tables, entry.importsEnded ? ground.expected.all : ground.expected.live);
      return { ...figures, rows, rowsPerSecond: Math.round((rows.subscriptions + rows.items + rows.customers) / figures.seconds) };
    } finally {
      await contestant.close();
    }
  } finally {
    await administer(adminUrl, `drop database if exists "${name}" with (force)`);
  }
}

/** Stripe is as slow and as strict as asked for while it lasts, and neither before nor after. */
async function measure({ processes, importAll }: Contestant, { latencyMs, limits }: Conditions, { sandbox, postmaster }: Ground): Promise<Omit<ImportFigures, 'rows' | 'rowsPerSecond'>> {
  sandbox.setLatency(latencyMs);
  sandbox.setFaults(limits ?? NO_LIMITS);
  sandbox.forgetRequests();
  const nodeBefore = sumOf(processes.map(({ pid }) => cpuMsOf(pid)));
  const postgresBefore = cpuMsOfFamily(postmaster);
  let peakMib = 0;
  const sampling = setInterval(() => (peakMib = Math.max(peakMib, sumOf(processes.map(({ pid }) => memoryMibOf(pid))) ?? 0)), SAMPLE_MS);
  const started = performance.now();
  try {
    await importAll();
    const { globalRate, endpointRate } = sandbox.faults().inflicted;
    return {
      seconds: round((performance.now() - started) / 1000),
      requests: sandbox.requests().total,
      refused: globalRate + endpointRate,
      nodeCpuSeconds: secondsBetween(nodeBefore, sumOf(processes.map(({ pid }) => cpuMsOf(pid)))),
      postgresCpuSeconds: secondsBetween(postgresBefore, cpuMsOfFamily(postmaster)),
      peakMib: peakMib || null,
    };
  } finally {
    clearInterval(sampling);
    sandbox.setLatency(0);
    sandbox.setFaults(NO_LIMITS);
  }
}

function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}

function secondsBetween(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : round((after - before) / 1000);
}
