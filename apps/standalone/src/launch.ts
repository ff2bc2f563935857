import { existsSync, readFileSync } from 'node:fs';

import { EnvError, loadEnv, withEnvFile } from '@app/common';

import { LaunchError } from './launch.errors.js';
import { resolvePlan } from './resolve-plan.js';
import { Shutdown } from './shutdown.js';
import { startKana } from './start-kana.js';
import { Terminal } from './terminal.js';
import { watchParent } from './watch-parent.js';

/** Settings of this clone, beside package.json; the environment wins over it. */
const ENV_FILE = '.env';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Starts everything, stays up, and stops everything: on a signal with exit code 0, on a failure with 1. */
export function launch(): void {
  const terminal = new Terminal(process.stdout);
  const shutdown = new Shutdown();
  const starting = start(terminal, shutdown, (sentence) => void end(1, sentence));

  async function end(exitCode: number, sentence: string): Promise<void> {
    if (shutdown.requested) {
      return;
    }
    terminal.line(`\n${sentence}`);
    // Stops what runs, which also breaks off what the start waits for; then what the start has started meanwhile.
    await shutdown.stopAll();
    await starting.catch(() => undefined);
    await shutdown.stopAll();
    process.exit(exitCode);
  }

  function stop(): void {
    if (shutdown.requested) {
      // A second Ctrl-C: whoever presses it does not want to wait.
      shutdown.killAll();
      process.exit(130);
    }
    void end(0, 'Stopping. The data are kept.');
  }

  SIGNALS.forEach((signal) => process.on(signal, stop));
  starting.catch((error: unknown) => void end(1, describe(error)));
}

async function start(terminal: Terminal, shutdown: Shutdown, onLost: (sentence: string) => void): Promise<void> {
  const source = withEnvFile(existsSync(ENV_FILE) ? readFileSync(ENV_FILE, 'utf8') : '');
  const env = loadEnv(source);
  const plan = resolvePlan(env);
  if (plan.kind === 'REFUSED') {
    throw new LaunchError(plan.code, plan.sentence);
  }
  if (env.startedByNpm) {
    watchParent(() => onLost('The npm that started Kana is gone. Stopping.'));
  }
  await startKana({ env, source, plan, terminal, shutdown, onLost });
}

/** Ours are sentences for people; anything else is a defect, and its stack helps to report it. */
function describe(error: unknown): string {
  if (error instanceof LaunchError || error instanceof EnvError) {
    return error.message;
  }
  return `Kana could not start, for a reason it does not know: ${error instanceof Error ? error.stack : String(error)}`;
}
