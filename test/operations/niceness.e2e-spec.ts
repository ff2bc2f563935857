import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { freePort, startProcess } from '../support/processes.js';

const KEY = 'c3'.repeat(32);
/** What processes inherit from this one. */
const OWN = getPriority();

/** Field 19 of `/proc/…/stat`, counted after the name, which may hold spaces. */
function nicenessOfThreads(pid: number | undefined): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]));
}

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('A worker where the processor is short', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(async () => {
    await database.drop();
  });

  async function nicenessOf(app: 'api' | 'worker', settings: Record<string, string>): Promise<Set<number>> {
    const started = await startProcess(app, { DATABASE_URL: database.url, KANA_ENCRYPTION_KEY: KEY, LOG_LEVEL: 'warn', ...settings });
    try {
      expect(started.output()).toBe('');
      return new Set(nicenessOfThreads(started.child.pid));
    } finally {
      await started.stop();
    }
  }

  it('stands back with all its threads', async () => {
    expect(await nicenessOf('worker', { WORKER_NICENESS: '19' })).toEqual(new Set([19]));
  });

  it('stands back as far as it is told', async () => {
    expect(await nicenessOf('worker', { WORKER_NICENESS: '10' })).toEqual(new Set([Math.max(OWN, 10)]));
  });

  it('does not where it is told not to', async () => {
    expect(await nicenessOf('worker', { WORKER_NICENESS: '0' })).toEqual(new Set([OWN]));
  });

  it('leaves the api as it is', async () => {
    expect(await nicenessOf('api', { PORT: String(await freePort()), KANA_ADMIN_KEY: 'kana_test_0123456789012345678901' })).toEqual(new Set([OWN]));
  });
});
