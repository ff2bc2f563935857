import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

import { runMigrations } from '@app/database';
import pg from 'pg';

import { startEmbeddedPostgres } from '../../apps/standalone/src/postgres/index.js';

/** What the suites need to know of the run's server. */
export interface TestServerDetails {
  /** Of a database that always exists; may create others. */
  adminUrl: string;
  /** The migrated database that others are copied from. */
  template: string;
}

export interface TestServer {
  details: TestServerDetails;
  stop(): Promise<void>;
}

/**
 * Nothing of a test run has to survive a crash of the machine. An api and a worker keep some thirty connections open, and a suite
 * may have six of both, beside another suite.
 */
const FAST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '500' };

/** The given server (`KANA_TEST_ADMIN_URL`), or an embedded one in a folder of its own, which goes with it. */
export async function startTestServer(): Promise<TestServer> {
  const given = process.env['KANA_TEST_ADMIN_URL'];
  const server = given === undefined ? await startOwn() : { adminUrl: given, stop: async () => undefined };
  const template = `kana_template_${process.pid}`;
  try {
    await makeTemplate(server.adminUrl, template);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    details: { adminUrl: server.adminUrl, template },
    stop: async () => {
      if (given !== undefined) {
        await administer(server.adminUrl, `drop database if exists "${template}" with (force)`);
      }
      await server.stop();
    },
  };
}

/** Runs one statement on the server's own database. */
export async function administer(adminUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The same server, another database. */
export function databaseUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function makeTemplate(adminUrl: string, template: string): Promise<void> {
  await administer(adminUrl, `create database "${template}"`);
  await runMigrations(databaseUrl(adminUrl, template));
}

async function startOwn(): Promise<{ adminUrl: string; stop(): Promise<void> }> {
  sweepLeftovers();
  const dataDir = mkdtempSync(join(tmpdir(), `kana-test-${process.pid}-`));
  const postgres = await startEmbeddedPostgres({ dataDir, settings: FAST_SETTINGS });
  return {
    adminUrl: postgres.adminUrl,
    stop: async () => {
      await postgres.stop('immediate');
      removeCluster(dataDir);
    },
  };
}

/** A run that was killed could not clean up; the next one does it. Its server ended with it. */
function sweepLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^kana-test-(\d+)-/.exec(name)?.[1] ?? process.pid);
    if (pid !== process.pid && !isAlive(pid)) {
      removeCluster(join(tmpdir(), name));
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It may be another user's, which is alive all the same.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Started as root, the server keeps its files where its own user may go; the record says where. */
export function removeCluster(dataDir: string): void {
  const record = join(dataDir, 'postgres.json');
  if (existsSync(record)) {
    const { folder } = JSON.parse(readFileSync(record, 'utf8')) as { folder: string };
    rmSync(isAbsolute(folder) ? folder : join(dataDir, folder), { recursive: true, force: true });
  }
  rmSync(dataDir, { recursive: true, force: true });
}
