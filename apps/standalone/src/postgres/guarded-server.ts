import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { FromGuard, GuardOrder, StopMode, ToGuard } from './guard.js';

/** A PostgreSQL server under its guard. */
export interface GuardedServer {
  guardPid: number;
  /** Settles when the server is gone, for whatever reason; also when the guard itself was killed. */
  exited: Promise<FromGuard['exited']>;
  stop(mode: StopMode): Promise<void>;
}

/** Starts the guard and, through it, the server. Says nothing about the server being ready. */
export function startGuarded(order: GuardOrder): GuardedServer {
  const guard = spawn(process.execPath, guardCommand(), {
    cwd: '/',
    // A process group of its own: the terminal's Ctrl-C is for the launcher, which then stops things in order.
    detached: true,
    env: order.env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const exited = new Promise<FromGuard['exited']>((resolve) => {
    guard.on('message', (message: FromGuard) => resolve(message.exited));
    guard.on('error', (error) => resolve({ code: null, reason: error.message }));
    // Comes after the last message, unlike `exit`.
    guard.on('disconnect', () => resolve({ code: null, reason: 'the process that watches over it is gone' }));
  });
  const gone = new Promise<void>((resolve) => {
    guard.on('error', () => resolve());
    guard.on('exit', () => resolve());
  });
  tell(guard, { start: order });
  return {
    guardPid: guard.pid ?? -1,
    exited,
    stop: async (mode) => {
      tell(guard, { stop: mode });
      await gone;
    },
  };
}

/** The built guard, or its source where we ourselves run from sources (tests): Node leaves out the types. */
function guardCommand(): string[] {
  const built = fileURLToPath(new URL('./guard.js', import.meta.url));
  const source = fileURLToPath(new URL('./guard.ts', import.meta.url));
  return existsSync(built) ? [built] : ['--no-warnings', '--experimental-strip-types', source];
}

function tell(guard: ChildProcess, message: ToGuard): void {
  if (guard.connected) {
    // An error means that the guard is gone, which `exited` tells as well.
    guard.send(message, () => undefined);
  }
}
