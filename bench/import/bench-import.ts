import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { startTestServer } from '../../test/support/test-server.js';
import { describeMachine, round } from '../support/machine.js';
import { postmasterOf } from '../support/processor.js';
import { ensureRole } from '../support/role.js';
import { calm } from './calm.js';
import { type Conditions, CONDITIONS, nameOf } from './conditions.js';
import { arePeersInstalled, ENTRIES, type Entry } from './contestants.js';
import { expectedOf } from './rows.js';
import { type Ground, type ImportFigures, runImport } from './run-import.js';

export interface ImportBenchOptions {
  readonly subscriptions: number;
  readonly rounds: number;
  /** Names of `ENTRIES`. */
  readonly only: readonly string[];
  /** Names of `CONDITIONS`. */
  readonly conditions: readonly string[];
}

/** One program under one kind of Stripe: the round in the middle by time, or what went wrong. */
interface Result {
  readonly program: string;
  readonly conditions: string;
  readonly figures: ImportFigures | null;
  readonly allSeconds: readonly number[];
  readonly failure: string | null;
}

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));
const SEED = 7;

/**
 * Imports one account with Kana and with each of its peers in turn: one sandbox, one PostgreSQL, a fresh database each
 * time. All of it shares the machine.
 *
 * @returns whether everybody imported all of it
 */
export async function benchImport(options: ImportBenchOptions): Promise<boolean> {
  const entries = options.only.flatMap((name) => ENTRIES[name] ?? []);
  const conditions = CONDITIONS.filter((each) => options.conditions.includes(nameOf(each)));
  if (entries.some(({ isMigrated }) => !isMigrated) && !arePeersInstalled()) {
    say('The peers are not installed: `npm install --prefix bench/peers`, or `--only kana`.');
    return false;
  }
  const machine = describeMachine();
  const server = await startTestServer();
  const dropRole = await ensureRole(server.details.adminUrl, 'postgres');
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: options.subscriptions, seed: SEED });
  calm(sandbox);
  try {
    const ground: Ground = { ...server.details, postmaster: await postmasterOf(server.details.adminUrl), sandbox, expected: expectedOf(sandbox) };
    const results: Result[] = [];
    for (const each of conditions) {
      for (const entry of entries) {
        results.push(await repeat(entry, each, ground, options.rounds));
      }
    }
    return tell(results, options, machine);
  } finally {
    await sandbox.close();
    await dropRole();
    await server.stop();
  }
}

async function repeat(entry: Entry, conditions: Conditions, ground: Ground, rounds: number): Promise<Result> {
  const named = { program: entry.name, conditions: nameOf(conditions) };
  const all: ImportFigures[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      all.push(await runImport(entry, conditions, ground));
    }
  } catch (error) {
    return { ...named, figures: null, allSeconds: all.map(({ seconds }) => seconds), failure: error instanceof Error ? error.message : String(error) };
  }
  const sorted = all.toSorted((one, other) => one.seconds - other.seconds);
  const result = { ...named, figures: sorted[Math.floor((sorted.length - 1) / 2)] ?? null, allSeconds: all.map(({ seconds }) => seconds), failure: null };
  say(rowOf(result, [result]));
  return result;
}

const HEAD = ['program'.padEnd(30), 'Stripe'.padEnd(10), 'seconds', '    rows', '  rows/s', 'requests', '  429s', 'node cpu', '  pg cpu', 'peak MiB', 'to faster peer'].join('  ');

function tell(results: readonly Result[], options: ImportBenchOptions, machine: ReturnType<typeof describeMachine>): boolean {
  say(`\n${options.subscriptions.toLocaleString('en')} subscriptions\n${HEAD}`);
  results.forEach((result) => say(rowOf(result, results)));
  Object.values(ENTRIES).filter(({ name, importsEnded }) => !importsEnded && results.some(({ program }) => program === name)).forEach(({ name }) => say(`\n${name} leaves out subscriptions that are over; its rows are counted without them.`));
  say(`\n${machine.cores} cores for all (${machine.cpu}); load average before ${machine.loadAverage.join(' ')}.`);
  const isWhole = results.length > 0 && results.every(({ failure }) => failure === null);
  mkdirSync(RESULTS, { recursive: true });
  const ratios = results.map((result) => ({ ...result, toFasterPeer: ratioOf(result, results) }));
  writeFileSync(join(RESULTS, 'import.json'), `${JSON.stringify({ bench: 'import', options, machine, seed: SEED, isWhole, results: ratios }, null, 2)}\n`);
  return isWhole;
}

function rowOf(result: Result, results: readonly Result[]): string {
  const { figures } = result;
  const head = [result.program.padEnd(30), result.conditions.padEnd(10)];
  if (figures === null) {
    return [...head, `FAILED: ${result.failure ?? ''}`].join('  ');
  }
  const { seconds, rows, rowsPerSecond, requests, refused, nodeCpuSeconds, postgresCpuSeconds, peakMib } = figures;
  const columns = [seconds, rows.subscriptions + rows.items + rows.customers, rowsPerSecond, requests, refused, nodeCpuSeconds, postgresCpuSeconds, peakMib, ratioOf(result, results)];
  const widths = [7, 8, 8, 8, 6, 8, 8, 8, 14];
  return [...head, ...columns.map((value, index) => String(value ?? '–').padStart(widths[index] ?? 8))].join('  ');
}

/** Its time divided by that of the faster peer under the same conditions: below 1 it is quicker. */
function ratioOf({ figures, conditions }: Result, results: readonly Result[]): number | null {
  const peers = results.filter((other) => other.conditions === conditions && other.program !== ENTRIES['kana']?.name);
  const fastest = Math.min(...peers.map((peer) => peer.figures?.seconds ?? Infinity));
  return figures === null || !Number.isFinite(fastest) ? null : round(figures.seconds / fastest);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
