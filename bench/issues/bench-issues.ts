import { availableParallelism, cpus, loadavg } from 'node:os';

import { IdFactory } from '@app/common';
import { ormConfig } from '@app/database';
import { IssueDeriver, type Touched } from '@app/subscriptions';
import { IssueService } from '@app/sync';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';

import { administer, databaseUrl, startTestServer, type TestServerDetails } from '../../test/support/test-server.js';
import { percentile } from '../support/load.js';
import { writeResults } from '../support/results.js';
import { fillIssues } from './fill.js';

interface IssueBenchOptions {
  /** Subscriptions of each account. */
  readonly sizes: readonly number[];
  readonly rounds: number;
}

interface Figures {
  readonly subscriptions: number;
  readonly waitingPercent: number;
  readonly issues: number;
  readonly everythingMs: number;
  readonly hundredMs: number;
  readonly oneMs: number;
}

const LOOKS = 15;
const CLOCK = { now: () => new Date() };

/**
 * Measures the look for sync issues: at everything, at what a drain of a hundred subscriptions has touched, and at what one
 * has; in accounts of which little waits, and nearly all. Medians.
 */
export async function benchIssues({ sizes, rounds }: IssueBenchOptions): Promise<boolean> {
  const server = await startTestServer();
  const figures: Figures[] = [];
  const before = loadavg();
  try {
    for (const subscriptions of sizes) {
      for (const waiting of [2, 90]) {
        figures.push(await measure(server.details, subscriptions, waiting, rounds));
      }
    }
  } finally {
    await server.stop();
  }
  tell(figures, { before, after: loadavg() });
  return true;
}

async function measure({ adminUrl, template }: TestServerDetails, subscriptions: number, waitingPercent: number, rounds: number): Promise<Figures> {
  const name = `kana_bench_${process.pid}_${subscriptions}_${waitingPercent}`;
  await administer(adminUrl, `create database "${name}" template "${template}"`);
  const url = databaseUrl(adminUrl, name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await fillIssues(client, subscriptions, waitingPercent);
  const orm = await MikroORM.init(ormConfig(url));
  const deriver = new IssueDeriver(new IssueService(orm.em.fork(), CLOCK, new IdFactory(CLOCK)), CLOCK);
  const look = (touched: Touched) => median(() => deriver.refresh(orm.em.fork(), 'conn_bench', touched), LOOKS * rounds);
  try {
    await deriver.refresh(orm.em.fork(), 'conn_bench');
    const times = { everythingMs: await look('ALL'), hundredMs: await look(touchedBy(100)), oneMs: await look(touchedBy(1)) };
    const { rows } = await client.query<{ count: string }>('select count(*) from sync_issue');
    return { subscriptions, waitingPercent, issues: Number(rows[0]?.count), ...times };
  } finally {
    await orm.close();
    await client.end();
    await administer(adminUrl, `drop database if exists "${name}" with (force)`);
  }
}

function touchedBy(subscriptions: number): Touched {
  const numbers = Array.from({ length: subscriptions }, (_, index) => 1003 + index * 7);
  const padded = numbers.map((number) => String(number).padStart(9, '0'));
  return {
    prices: [...new Set(numbers.map((number) => `price_${number % 200}`))],
    packages: ['package_1', 'package_8'],
    customers: padded.map((number) => `cus_${number}`),
    users: padded.map((number) => `usr_${number}`),
  };
}

async function median(work: () => Promise<void>, times: number): Promise<number> {
  const taken: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const started = performance.now();
    await work();
    taken.push(performance.now() - started);
  }
  return Math.round(percentile(taken.toSorted((one, other) => one - other), 0.5) * 10) / 10;
}

function tell(figures: readonly Figures[], loadAverage: { before: number[]; after: number[] }): void {
  const columns = ['subscriptions', 'waiting %', 'issues', 'everything ms', 'hundred ms', 'one ms'];
  const lines = [columns, ...figures.map((row) => Object.values(row).map((value: number) => value.toLocaleString('en')))];
  process.stdout.write(`${lines.map((line) => line.map((text) => text.padStart(15)).join('')).join('\n')}\n`);
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version, loadAverage };
  writeResults('issues', { machine, figures });
}
