/**
 * The process that owns PostgreSQL. The launcher starts it detached, with a channel; when the channel closes, because
 * the launcher asked, ended or was killed, PostgreSQL is stopped in an orderly way: it must never outlive the launcher
 * and never be killed hard. It imports nothing but Node, so that tests can run this very file without a build.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';

/** How to start PostgreSQL. */
export interface GuardOrder {
  program: string;
  args: string[];
  env: Record<string, string>;
  uid?: number;
  gid?: number;
  /** PostgreSQL's output is added to this file. */
  logFile: string;
}

/** `fast` ends sessions and writes all to disk; `immediate` is a crash on purpose, repaired at the next start. */
export type StopMode = 'fast' | 'immediate';

export type ToGuard = { start: GuardOrder } | { stop: StopMode };

/** PostgreSQL has ended, or could not be run at all (`reason`). */
export interface FromGuard {
  exited: { code: number | null; reason?: string };
}

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
/** After so long a fast stop becomes an immediate one, and then a kill. */
const PATIENCE_MS = 15_000;

let postgres: ChildProcess | undefined;

process.on('message', (message: ToGuard) => ('start' in message ? start(message.start) : stop(message.stop)));
process.on('disconnect', () => stop('fast'));
process.on('SIGTERM', () => stop('fast'));
process.on('SIGINT', () => stop('fast'));

function start(order: GuardOrder): void {
  const log = openSync(order.logFile, 'a', 0o600);
  const { uid, gid, env } = order;
  // The working directory must be one that PostgreSQL's user may be in.
  postgres = spawn(order.program, order.args, { cwd: '/', env, uid, gid, stdio: ['ignore', log, log] });
  postgres.on('error', (error) => end({ code: null, reason: error.message }));
  postgres.on('exit', (code) => end({ code }));
}

function stop(mode: StopMode): void {
  if (postgres === undefined) {
    end({ code: 0 });
    return;
  }
  postgres.kill(SIGNALS[mode]);
  setTimeout(() => postgres?.kill('SIGQUIT'), PATIENCE_MS).unref();
  setTimeout(() => postgres?.kill('SIGKILL'), 2 * PATIENCE_MS).unref();
}

/** Reports, where there is still somebody, and goes. */
function end(exited: FromGuard['exited']): void {
  if (process.connected) {
    process.send?.({ exited } satisfies FromGuard, () => process.exit(0));
  } else {
    process.exit(0);
  }
}
