import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../apps/standalone/src/postgres/index.js';
import { processInfo } from '../../apps/standalone/src/postgres/process-info.js';

interface ParentFacts {
  adminUrl: string;
}

const running: EmbeddedPostgres[] = [];
const folders: string[] = [];
const parents: ChildProcess[] = [];
/** Making a cluster takes a second; those tests that do not care share this one. */
let dataDir: string;

beforeAll(() => {
  dataDir = newFolder();
});

afterEach(async () => {
  parents.splice(0).forEach((parent) => parent.kill('SIGKILL'));
  await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
});

afterAll(() => folders.splice(0).forEach(removeWithCluster));

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kana launcher '));
  folders.push(folder);
  return folder;
}

function clusterOf(ofDataDir: string): string {
  const { folder } = JSON.parse(readFileSync(join(ofDataDir, 'postgres.json'), 'utf8')) as { folder: string };
  return folder.startsWith('/') ? folder : join(ofDataDir, folder);
}

/** As root the cluster may lie outside the data folder. */
function removeWithCluster(ofDataDir: string): void {
  if (existsSync(join(ofDataDir, 'postgres.json'))) {
    rmSync(clusterOf(ofDataDir), { recursive: true, force: true });
  }
  rmSync(ofDataDir, { recursive: true, force: true });
}

async function start(ofDataDir: string, settings: Record<string, string> = { fsync: 'off' }): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir: ofDataDir, settings });
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
async function startParent(): Promise<{ parent: ChildProcess; facts: ParentFacts }> {
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

function serverPid(): number {
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
    const first = await start(dataDir);
    const url = await first.ensureDatabase('kana_test');
    await ask(url, 'drop table if exists t; create table t as select 42 as answer');
    await first.stop();
    const second = await start(dataDir);
    expect(await ask(await second.ensureDatabase('kana_test'), 'select answer from t')).toEqual([{ answer: 42 }]);
  });

  it('sorts by bytes, speaks UTF-8 and UTC, and writes to disk before it says so', async () => {
    const postgres = await start(dataDir, {});
    const url = await postgres.ensureDatabase('kana_test');
    const text = `select current_setting('server_encoding') as encoding, current_setting('timezone') as zone,
      current_setting('fsync') as fsync, 'a' < 'B' as alphabetical`;
    expect(await ask(url, text)).toEqual([{ encoding: 'UTF8', zone: 'UTC', fsync: 'on', alphabetical: false }]);
  });

  it('lets nobody in without the password, which only the owner may read', async () => {
    const postgres = await start(dataDir);
    const { port } = new URL(postgres.adminUrl);
    await expect(ask(`postgresql://kana:guess@127.0.0.1:${port}/postgres`, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
  });

  it('runs two servers side by side, each on a port of its own', async () => {
    const [one, two] = await Promise.all([start(dataDir), start(newFolder())]);
    expect(one.adminUrl).not.toBe(two.adminUrl);
    expect(await ask(two.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('starts with an empty database when the data folder was deleted', async () => {
    const fresh = newFolder();
    const first = await start(fresh);
    await first.ensureDatabase('kana_test');
    await first.stop();
    removeWithCluster(fresh);
    const second = await start(fresh);
    const found = await ask(second.adminUrl, `select 1 from pg_database where datname = 'kana_test'`);
    expect(found).toEqual([]);
  });

  it('makes a new cluster when a first start was killed before the folder was in its place', async () => {
    const fresh = newFolder();
    const record = { folder: 'postgres', superuser: 'kana', password: 'never used' };
    writeFileSync(join(fresh, 'postgres.json'), JSON.stringify(record));
    const postgres = await start(fresh);
    expect(await ask(postgres.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('says when the server has died', async () => {
    const postgres = await start(dataDir);
    process.kill(serverPid(), 'SIGQUIT');
    await expect(postgres.died).resolves.toMatch(/^PostgreSQL has stopped.*see .*postgres\.log\.$/);
  });

  it('shows the words of a server that does not start', async () => {
    const attempt = startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'many' } });
    await expect(attempt).rejects.toMatchObject({ code: 'postgres_start_failed', message: expect.stringContaining('shared_buffers') });
  });

  it('is stopped in order when the process that started it is killed', async () => {
    const { parent } = await startParent();
    const pid = serverPid();
    parent.kill('SIGKILL');
    await untilGone(pid);
    expect(readFileSync(join(dataDir, 'logs', 'postgres.log'), 'utf8')).toMatch(/received fast shutdown request[^]*database system is shut down/);
  });

  it('waits for the server of a killed process to go, and finds its data', async () => {
    const { parent, facts } = await startParent();
    await ask(facts.adminUrl, 'drop table if exists t; create table t as select 42 as answer');
    parent.kill('SIGKILL');
    const second = await start(dataDir);
    expect(await ask(second.adminUrl, 'select answer from t')).toEqual([{ answer: 42 }]);
  });

  it('stops a server whose guard was killed with its launcher, and starts anew', async () => {
    const { parent } = await startParent();
    const pid = serverPid();
    process.kill(processInfo(pid)?.parentPid ?? Number.NaN, 'SIGKILL');
    parent.kill('SIGKILL');
    const second = await start(dataDir);
    expect(serverPid()).not.toBe(pid);
    expect(await ask(second.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('takes no other program for its server when that has got the old process id', async () => {
    const first = await start(dataDir);
    const pidFile = join(clusterOf(dataDir), 'postmaster.pid');
    const content = readFileSync(pidFile, 'utf8');
    await first.stop();
    writeFileSync(pidFile, content.replace(/^\d+/, String(process.pid)));
    const second = await start(dataDir);
    expect(await ask(second.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});
