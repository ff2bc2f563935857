import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Clock, Env } from '@app/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { WorkerModule } from '../../apps/worker/src/worker.module.js';

/** A running worker; `close` lets it finish what it is writing. */
export interface TestWorker {
  app: INestApplicationContext;
  close(): Promise<void>;
}

/** What of a worker a test changes. */
export interface WorkerChanges {
  /** Called before it has any work, e.g. to plant a bug. */
  readonly change?: (worker: INestApplicationContext) => void;
  readonly clock?: Clock | undefined;
}

/** A real worker in this process, on the given database. */
export async function startTestWorker(env: Env, databaseUrl: string, { change, clock }: WorkerChanges = {}): Promise<TestWorker> {
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(env, databaseUrl, clock), { bufferLogs: true, abortOnError: false });
  change?.(app);
  return { app, close: () => app.close() };
}

const MAIN = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url));
const HOOKS = new URL('../../tools/source-hooks.mjs', import.meta.url).href;

/** A real worker as a process of its own, which can be killed. */
export interface WorkerProcess {
  /** SIGKILL: it gets to say and finish nothing. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
}

/**
 * @param settings the whole of its environment, save the path
 * @param main the program, if not the worker's own
 */
export async function startWorkerProcess(settings: Record<string, string>, main = MAIN): Promise<WorkerProcess> {
  const child = fork(main, {
    execArgv: ['--import', HOOKS],
    env: { PATH: '/usr/bin:/bin', LOG_LEVEL: 'silent', NODE_ENV: 'test', ...settings },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const gone = once(child, 'exit');
  const [message] = (await Promise.race([once(child, 'message'), gone])) as unknown[];
  if (typeof message !== 'object' || message === null || !('ready' in message) || message.ready !== true) {
    child.kill('SIGKILL');
    throw new Error(`The worker did not start: ${errors}`);
  }
  return { kill: () => end(child, gone, 'SIGKILL'), stop: () => end(child, gone, 'SIGTERM').then(() => child.exitCode) };
}

async function end(child: ChildProcess, gone: Promise<unknown>, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  child.kill(signal);
  await gone;
}
