import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Sandbox, startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { startMain } from '../../test/support/processes.js';
import { administer, databaseUrl, startTestServer } from '../../test/support/test-server.js';
import { type Conditions, CONDITIONS, nameOf } from '../import/conditions.js';
import { type OpenKana, openKana } from '../import/contestants.js';
import { describeMachine, round } from '../support/machine.js';
import { writeResults } from '../support/results.js';
import type { AskingOrder, Quantiles } from './asking.js';
import { changeWhile, followStripe, type Waits } from './changing.js';

export interface ImportChecksOptions {
  readonly subscriptions: number;
  readonly checksPerSecond: number;
  /** Of the idle time before. */
  readonly seconds: number;
  readonly conditions: readonly string[];
}

interface Figures {
  readonly conditions: string;
  readonly idle: Quantiles;
  readonly beside: Quantiles;
  readonly failures: number;
  /** Of changes in Stripe while nothing else goes on, and while the import does (I18). */
  readonly idleWaits: Waits;
  readonly besideWaits: Waits;
  readonly importSeconds: number;
}

const SEED = 7;
const USERS = 200;
const WARM_UP_MS = 2000;
const CHANGES_PER_SECOND = 4;
const NO_LIMITS = { requestsPerSecond: 0, requestsPerSecondPerEndpoint: 0 };

/**
 * Asks what users may use while nothing else goes on, and while an import runs, at the same pace.
 *
 * @returns whether every check was answered with yes
 */
export async function benchImportChecks(options: ImportChecksOptions): Promise<boolean> {
  const machine = describeMachine();
  const server = await startTestServer();
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: options.subscriptions, seed: SEED });
  const results: Figures[] = [];
  try {
    for (const conditions of CONDITIONS.filter((each) => options.conditions.includes(nameOf(each)))) {
      const name = `kana_bench_${process.pid}_${randomBytes(3).toString('hex')}`;
      await administer(server.details.adminUrl, `create database "${name}" template "${server.details.template}"`);
      const url = databaseUrl(server.details.adminUrl, name);
      const kana = await openKana(url, sandbox, conditions);
      await followStripe(kana, sandbox);
      sandbox.setLatency(conditions.latencyMs);
      sandbox.setFaults(conditions.limits ?? NO_LIMITS);
      try {
        const figures = await measure({ kana, sandbox, url }, conditions, options);
        results.push(figures);
        say(describe(figures, options));
      } finally {
        await kana.close();
        sandbox.setLatency(0);
        sandbox.setFaults(NO_LIMITS);
        await administer(server.details.adminUrl, `drop database if exists "${name}" with (force)`);
      }
    }
  } finally {
    await sandbox.close();
    await server.stop();
  }
  say(`\n${machine.cores} cores for all (${machine.cpu}); load average before ${machine.loadAverage.join(' ')}.`);
  writeResults('import-checks', { options, machine, seed: SEED, results });
  return results.length > 0 && results.every(({ failures }) => failures === 0);
}

interface Ground {
  readonly kana: OpenKana;
  readonly sandbox: Sandbox;
  readonly url: string;
}

async function measure({ kana, sandbox, url }: Ground, conditions: Conditions, { checksPerSecond, seconds }: ImportChecksOptions): Promise<Figures> {
  const order: AskingOrder = { port: kana.port, key: kana.adminKey, users: await makeUsers(kana), perSecond: checksPerSecond };
  const asker = await startMain(new URL('asking.ts', import.meta.url), {});
  const askWhile = async (work: Promise<unknown>): Promise<Quantiles> => {
    asker.child.send(order);
    await work;
    const told = once(asker.child, 'message');
    asker.child.send('over');
    const [quantiles] = (await told) as [Quantiles];
    return quantiles;
  };
  const changing = <Result>(work: Promise<Result>): Promise<{ result: Result; waits: Waits }> => changeWhile(work, sandbox, url, CHANGES_PER_SECOND);
  try {
    // The first ones find a server that is still compiling.
    await askWhile(sleep(WARM_UP_MS));
    const { result: idle, waits: idleWaits } = await changing(askWhile(sleep(seconds * 1000)));
    const started = performance.now();
    const timed = kana.importAll().then(() => round((performance.now() - started) / 1000));
    const { result: beside, waits: besideWaits } = await changing(askWhile(timed));
    return { conditions: nameOf(conditions), idle, beside, failures: idle.failures + beside.failures, idleWaits, besideWaits, importSeconds: await timed };
  } finally {
    await asker.stop();
  }
}

function describe({ conditions, idle, beside, failures, idleWaits, besideWaits, importSeconds }: Figures, { checksPerSecond }: ImportChecksOptions): string {
  return [
    `Stripe ${conditions}, ${checksPerSecond} checks/s: idle p50 ${idle.p50} p99 ${idle.p99} ms (${idle.checks})`,
    `beside an import of ${importSeconds} s p50 ${beside.p50} p99 ${beside.p99} ms (${beside.checks})`,
    `p99 × ${round(beside.p99 / idle.p99)}`,
    `${failures} failed`,
    `an event waits ${idleWaits.p50} ms, at most ${idleWaits.longest} (${idleWaits.events})`,
    `beside the import ${besideWaits.p50} ms, at most ${besideWaits.longest} (${besideWaits.events})`,
  ].join('; ');
}

/** Users whom no import touches: their packages are given by hand. */
async function makeUsers({ call }: OpenKana): Promise<string[]> {
  const users = Array.from({ length: USERS }, (_, index) => `bench-${index}`);
  for (const id of users) {
    await call('POST', '/v1/users', { id });
    await call('POST', '/v1/subscriptions', { userId: id, packageIds: ['team'], billing: 'KANA' });
  }
  return users;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
