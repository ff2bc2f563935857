import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { startTestServer } from '../../test/support/test-server.js';
import { CONDITIONS, nameOf } from '../import/conditions.js';
import { describeMachine, round } from '../support/machine.js';
import { writeResults } from '../support/results.js';
import { type ScaleFigures, importTwice } from './import-twice.js';

export interface ScaleOptions {
  /** Subscriptions. */
  readonly sizes: readonly number[];
  /** Worker processes. */
  readonly workers: readonly number[];
  /** Names of `CONDITIONS`. */
  readonly conditions: readonly string[];
}

interface Result extends ScaleFigures {
  readonly subscriptions: number;
  readonly conditions: string;
}

const SEED = 7;

/**
 * Imports accounts of several sizes with several numbers of workers, each twice: the second time nothing has changed.
 *
 * @returns whether each import brought all rows, once, and each second one wrote none
 */
export async function benchImportScale(options: ScaleOptions): Promise<boolean> {
  const machine = describeMachine();
  const server = await startTestServer();
  const results: Result[] = [];
  try {
    for (const subscriptions of options.sizes) {
      const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions, seed: SEED });
      for (const conditions of CONDITIONS.filter((each) => options.conditions.includes(nameOf(each)))) {
        for (const workers of options.workers) {
          const figures = await importTwice({ server: server.details, sandbox, conditions, workers });
          results.push({ subscriptions, conditions: nameOf(conditions), ...figures });
          say(`${subscriptions.toLocaleString('en')} subscriptions, Stripe ${nameOf(conditions)}, ${describe(figures, subscriptions)}`);
        }
      }
      await sandbox.close();
    }
  } finally {
    await server.stop();
  }
  say(`\n${machine.cores} cores for all (${machine.cpu}); load average before ${machine.loadAverage.join(' ')}.`);
  writeResults('import-scale', { options, machine, seed: SEED, results });
  return results.length > 0 && results.every(({ isWhole, writtenAgain }) => isWhole && writtenAgain === 0);
}

function describe({ first, again, writtenAgain, isWhole, refused, pagesByWorker, workerPeaksMib }: ScaleFigures, subscriptions: number): string {
  const thousand = round((first * 1000) / subscriptions);
  return [
    `${pagesByWorker.length} of ${workerPeaksMib.length} workers took part (pages ${pagesByWorker.join(', ')})`,
    `first ${first} s (${thousand} s a thousand)`,
    `again ${again} s (× ${round(first / again)} faster, ${writtenAgain} rows written)`,
    `429s ${refused}`,
    `workers' peaks ${workerPeaksMib.join(', ')} MiB`,
    isWhole ? 'all rows once' : 'ROWS MISSING OR TOO MANY',
  ].join('; ');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
