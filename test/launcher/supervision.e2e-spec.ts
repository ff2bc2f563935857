import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type SupervisedChild, superviseChild } from '../../apps/standalone/src/supervise-child.js';
import { Terminal } from '../../apps/standalone/src/terminal.js';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));

let folder: string;
let shown: string;
const children: SupervisedChild[] = [];
const others: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kana children '));
  shown = '';
});

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.stop()));
  others.splice(0).forEach((other) => other.kill('SIGKILL'));
  rmSync(folder, { recursive: true, force: true });
});

function supervise(behaviour: string, restartDelays: number[] = []): SupervisedChild {
  const stream = new PassThrough().on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const order = { name: 'worker', entry: CHILD, env: { BEHAVIOUR: behaviour }, logsFolder: folder, restartDelays };
  const child = superviseChild(order, new Terminal(stream));
  children.push(child);
  return child;
}

const log = (): string => readFileSync(join(folder, 'worker.log'), 'utf8');

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await sleep(10);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a child of the launcher', () => {
  it('is ready when it says so, with what it has to tell', async () => {
    await expect(supervise('serve').ready).resolves.toEqual({ url: 'http://127.0.0.1:1' });
  });

  it('is asked to stop, finishes what it does, and is gone', async () => {
    const child = supervise('serve');
    await child.ready;
    await Promise.all([child.stop(), child.stop()]);
    expect(log()).toMatch(/^up \d+\nclosing\nclosed\n$/);
    expect(isAlive(Number(/up (\d+)/.exec(log())?.[1]))).toBe(false);
  });

  it('may be stopped before it is ready', async () => {
    const child = supervise('serve');
    await child.stop();
    await expect(child.ready).rejects.toMatchObject({ code: 'stopped' });
  });

  it('gives its own sentence for why it cannot start', async () => {
    await expect(supervise('fail', [1]).ready).rejects.toMatchObject({ code: 'worker_start_failed', message: 'The port is taken.' });
  });

  it('is quoted when it crashes at the start, and not started again', async () => {
    const child = supervise('crash', [1]);
    await expect(child.ready).rejects.toMatchObject({ message: expect.stringMatching(/^The worker has ended \(code 1\)[^]*no luck/) });
    expect(log().match(/^up /gm)).toHaveLength(1);
  });

  it('keeps its log to itself, save for errors', async () => {
    await supervise('complain').ready;
    await until(() => shown !== '');
    expect(shown).toBe('worker: error: no connection: ECONNREFUSED\n');
    expect(log()).toContain('all is well');
  });

  it('is started again after each wait when it dies, then given up', async () => {
    const sentence = await supervise('die', [1, 20]).lost;
    expect(sentence).toMatch(/^The worker has ended \(code 3\)/);
    expect(log().match(/^up /gm)).toHaveLength(3);
    expect(shown.match(/Starting the worker again in .* s\./g)).toEqual([
      'Starting the worker again in 0.001 s.',
      'Starting the worker again in 0.02 s.',
    ]);
  });

  it('is started again when it is killed', async () => {
    const child = supervise('serve', [1]);
    await child.ready;
    child.kill();
    await until(() => log().match(/^up /gm)?.length === 2);
    expect(shown).toMatch(/^The worker has ended \(SIGKILL\)/);
  });

  it('closes in order and goes when its launcher is killed', async () => {
    const output = openSync(join(folder, 'worker.log'), 'a');
    const launcher = `
      const { spawn } = require('node:child_process');
      spawn(process.execPath, [${JSON.stringify(CHILD)}], { detached: true, stdio: ['ignore', 1, 1, 'ipc'], env: {} })
        .on('message', () => process.kill(process.pid, 'SIGKILL'));`;
    others.push(spawn(process.execPath, ['-e', launcher], { stdio: ['ignore', output, output] }));
    await until(() => log().includes('closed'));
    await until(() => !isAlive(Number(/up (\d+)/.exec(log())?.[1])));
    expect(log()).toMatch(/^up \d+\nclosing\nclosed\n$/);
  });

  it('closes once, however often it is told', async () => {
    const output = openSync(join(folder, 'worker.log'), 'a');
    const child = spawn(process.execPath, [CHILD], { stdio: ['ignore', output, output, 'ipc'], env: {} });
    others.push(child);
    await new Promise((resolve) => child.once('message', resolve));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    child.kill('SIGINT');
    child.disconnect();
    expect(await ended).toBe(0);
    expect(log()).toMatch(/^up \d+\nclosing\nclosed\n$/);
  });
});
