import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../apps/standalone/src/postgres/index.js';

interface ParentFacts {
  adminUrl: string;
}

const running: EmbeddedPostgres[] = [];
const folders: string[] = [];
const parents: ChildProcess[] = [];

afterEach(async () => {
  parents.splice(0).forEach((parent) => parent.kill('SIGKILL'));
  await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
  folders.splice(0).forEach(removeWithCluster);
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kana launcher '));
  folders.push(folder);
  return folder;
}

function clusterOf(dataDir: string): string {
  const { folder } = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { folder: string };
  return folder.startsWith('/') ? folder : join(dataDir, folder);
}

/** As root the cluster may lie outside the data folder. */
function removeWithCluster(dataDir: string): void {
  if (existsSync(join(dataDir, 'postgres.json'))) {
    rmSync(clusterOf(dataDir), { recursive: true, force: true });
  }
  rmSync(dataDir, { recursive: true, force: true });
}

async function start(dataDir: string, settings: Record<string, string> = {}): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, settings });
  running.push(postgres);
  return postgres;
}

async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Starts PostgreSQL in a process of its own, which can then be killed. */
async function startParent(dataDir: string): Promise<{ parent: ChildProcess; facts: ParentFacts }> {
  const program = fileURLToPath(new URL('./postgres-parent.mjs', import.meta.url));
  const parent = spawn(process.execPath, ['--no-warnings', '--experimental-transform-types', program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  parents.push(parent);
  for await (const line of createInterface({ input: parent.stdout })) {
    return { parent, facts: JSON.parse(line) as ParentFacts };
  }
  throw new Error('The parent ended before PostgreSQL was up.');
}

function serverPid(dataDir: string): number {
  return Number(readFileSync(join(clusterOf(dataDir), 'postmaster.pid'), 'utf8').split('\n')[0]);
}

async function untilGone(pid: number): Promise<void> {
  const isAlive = (): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  while (isAlive()) {
    await sleep(20);
  }
}

describe('the embedded PostgreSQL', () => {
  it('keeps its data over a restart', async () => {
    const dataDir = newFolder();
    const first = await start(dataDir);
    const url = await first.ensureDatabase('kana_test');
    await ask(url, 'create table t as select 42 as answer');
    await first.stop();
    const second = await start(dataDir);
    expect(await ask(await second.ensureDatabase('kana_test'), 'select answer from t')).toEqual([{ answer: 42 }]);
  });

  it('sorts by bytes, speaks UTF-8 and UTC, and writes to disk before it says so', async () => {
    const postgres = await start(newFolder());
    const url = await postgres.ensureDatabase('kana_test');
    const text = `select current_setting('server_encoding') as encoding, current_setting('timezone') as zone,
      current_setting('fsync') as fsync, 'a' < 'B' as alphabetical`;
    expect(await ask(url, text)).toEqual([{ encoding: 'UTF8', zone: 'UTC', fsync: 'on', alphabetical: false }]);
  });

  it('lets nobody in without the password, which only the owner may read', async () => {
    const dataDir = newFolder();
    const postgres = await start(dataDir);
    const { port } = new URL(postgres.adminUrl);
    await expect(ask(`postgresql://kana:guess@127.0.0.1:${port}/postgres`, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
  });

  it('runs two servers side by side, each on a port of its own', async () => {
    const [one, two] = await Promise.all([start(newFolder()), start(newFolder())]);
    expect(one.adminUrl).not.toBe(two.adminUrl);
    expect(await ask(two.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('starts with an empty database when the data folder was deleted', async () => {
    const dataDir = newFolder();
    const first = await start(dataDir);
    await first.ensureDatabase('kana_test');
    await first.stop();
    removeWithCluster(dataDir);
    const second = await start(dataDir);
    const found = await ask(second.adminUrl, `select 1 from pg_database where datname = 'kana_test'`);
    expect(found).toEqual([]);
  });

  it('makes a new cluster when a first start was killed before the folder was in its place', async () => {
    const dataDir = newFolder();
    const record = { folder: 'postgres', superuser: 'kana', password: 'never used' };
    writeFileSync(join(dataDir, 'postgres.json'), JSON.stringify(record));
    const postgres = await start(dataDir);
    expect(await ask(postgres.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('says when the server has died', async () => {
    const dataDir = newFolder();
    const postgres = await start(dataDir);
    process.kill(serverPid(dataDir), 'SIGQUIT');
    await expect(postgres.died).resolves.toMatch(/^PostgreSQL has stopped.*see .*postgres\.log\.$/);
  });

  it('shows the words of a server that does not start', async () => {
    const attempt = startEmbeddedPostgres({ dataDir: newFolder(), settings: { shared_buffers: 'many' } });
    await expect(attempt).rejects.toMatchObject({ code: 'postgres_start_failed', message: expect.stringContaining('shared_buffers') });
  });

  it('is stopped in order when the process that started it is killed', async () => {
    const dataDir = newFolder();
    const { parent } = await startParent(dataDir);
    const pid = serverPid(dataDir);
    parent.kill('SIGKILL');
    await untilGone(pid);
    expect(readFileSync(join(dataDir, 'logs', 'postgres.log'), 'utf8')).toMatch(/received fast shutdown request[^]*database system is shut down/);
  });

  it('waits for the server of a killed process to go, and finds its data', async () => {
    const dataDir = newFolder();
    const { parent, facts } = await startParent(dataDir);
    await ask(facts.adminUrl, 'create table t as select 42 as answer');
    parent.kill('SIGKILL');
    const second = await start(dataDir);
    expect(await ask(second.adminUrl, 'select answer from t')).toEqual([{ answer: 42 }]);
  });

  it('stops a server whose guard was killed with its launcher, and starts anew', async () => {
    const dataDir = newFolder();
    const { parent } = await startParent(dataDir);
    const pid = serverPid(dataDir);
    const guardPid = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[3]);
    process.kill(guardPid, 'SIGKILL');
    parent.kill('SIGKILL');
    const second = await start(dataDir);
    expect(serverPid(dataDir)).not.toBe(pid);
    expect(await ask(second.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('takes no other program for its server when that has got the old process id', async () => {
    const dataDir = newFolder();
    const first = await start(dataDir);
    const pidFile = join(clusterOf(dataDir), 'postmaster.pid');
    const content = readFileSync(pidFile, 'utf8');
    await first.stop();
    writeFileSync(pidFile, content.replace(/^\d+/, String(process.pid)));
    const second = await start(dataDir);
    expect(await ask(second.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});
