import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

import { MEMORY_FLAGS, MEMORY_SETTINGS } from '../../apps/standalone/src/memory-flags.js';

const FROM_SOURCES = ['--import', new URL('../../tools/source-hooks.mjs', import.meta.url).href];

/** The api or a worker as a process of its own, with all that it writes. */
export interface AppProcess {
  child: ChildProcess;
  /** What it wrote to its standard output so far: the log. */
  output: () => string;
  errors: () => string;
  /** Sends SIGTERM; gives the exit code. */
  stop(): Promise<unknown>;
}

/**
 * Starts it and waits until it says that it serves.
 *
 * @param settings the whole of its environment, save the path
 * @param isBuilt what `npm run build` has made, without the compiler, whose memory is no part of Kana's
 */
export async function startProcess(app: 'api' | 'worker', settings: Readonly<Record<string, string>>, isBuilt = false): Promise<AppProcess> {
  return isBuilt
    ? start(new URL(`../../dist/apps/${app}/src/main.js`, import.meta.url), settings, MEMORY_FLAGS)
    : startMain(new URL(`../../apps/${app}/src/main.ts`, import.meta.url), settings, MEMORY_FLAGS);
}

/** As `startProcess`, of another program that tells its parent when it serves. */
export async function startMain(program: URL, settings: Readonly<Record<string, string>>, flags: readonly string[] = []): Promise<AppProcess> {
  // Beside other tests it would be the last to get on.
  return start(program, { WORKER_NICENESS: '0', ...settings }, [...FROM_SOURCES, ...flags]);
}

async function start(program: URL, settings: Readonly<Record<string, string>>, flags: readonly string[]): Promise<AppProcess> {
  const main = fileURLToPath(program);
  const child = fork(main, {
    execArgv: [...flags],
    env: { PATH: '/usr/bin:/bin', NODE_ENV: 'test', ...MEMORY_SETTINGS, ...settings },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]: unknown[]) => code);
  const [message] = (await Promise.race([once(child, 'message'), ended.then(() => [])])) as unknown[];
  if (typeof message !== 'object' || message === null || !('ready' in message) || message.ready !== true) {
    child.kill('SIGKILL');
    throw new Error(`${main} did not start: ${texts.stderr}`);
  }
  const stop = async (): Promise<unknown> => {
    child.kill('SIGTERM');
    return ended;
  };
  return { child, output: () => texts.stdout, errors: () => texts.stderr, stop };
}

/** Below those that the system gives to whoever asks for any: none of them may come to use it before the test does. */
const PORTS = { first: 15_000, beyond: 30_000 };

/** A port that nobody listens on at this moment, and that nobody else is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.beyond);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
      return port;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) {
        throw error;
      }
    }
  }
}

/** The lines of a log, each as its fields. */
export function logLines(output: string): Record<string, unknown>[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
