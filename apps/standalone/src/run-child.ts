import { type ChildProcess, spawn } from 'node:child_process';

import type { ChildMessage, ReadyDetails } from '@app/common';

/** What to run, and with what. */
export interface ChildProgram {
  /** The built file. */
  entry: string;
  /** Of node. */
  flags?: readonly string[];
  env: Record<string, string>;
}

/** How a run ended. */
export interface ChildEnd {
  /** What the child said of the reason, or we know of it; undefined = its log must tell. */
  sentence: string | undefined;
  /** The signal or the exit code, in words. */
  reason: string;
}

/** One run of a child, from its start to its end. */
export interface ChildRun {
  process: ChildProcess;
  /** Never settles when the child ends before. */
  ready: Promise<ReadyDetails>;
  ended: Promise<ChildEnd>;
}

const START_LIMIT_MS = 60_000;

/**
 * Starts a child with a channel to us, both outputs into the given open file. It gets a process group of its own, so
 * that the terminal's Ctrl-C reaches the launcher only. A child that is not ready in a minute is killed.
 */
export function runChild(program: ChildProgram, output: number): ChildRun {
  const child = spawn(process.execPath, ['--enable-source-maps', ...(program.flags ?? []), program.entry], {
    detached: true,
    env: program.env,
    stdio: ['ignore', output, output, 'ipc'],
  });
  let sentence: string | undefined;
  const limit = setTimeout(() => {
    sentence = `It did not say within ${START_LIMIT_MS / 1000} s that it is up.`;
    child.kill('SIGKILL');
  }, START_LIMIT_MS);
  const ready = new Promise<ReadyDetails>((resolve) => {
    child.on('message', (message: ChildMessage) => {
      if (message.ready) {
        clearTimeout(limit);
        resolve(message.details);
      } else {
        sentence = message.sentence;
      }
    });
  });
  const ended = new Promise<ChildEnd>((resolve) => {
    child.on('error', (error) => child.pid === undefined && resolve({ sentence, reason: error.message }));
    // Comes after the last message, unlike `exit`.
    child.on('close', (code, signal) => resolve({ sentence, reason: signal ?? `code ${code}` }));
  });
  void ended.then(() => clearTimeout(limit));
  return { process: child, ready, ended };
}
