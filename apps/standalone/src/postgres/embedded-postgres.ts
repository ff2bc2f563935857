import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import { openDataDir } from '../data-dir.js';
import { LaunchError } from '../launch.errors.js';
import { programOf } from './binaries.js';
import { type Cluster, openCluster } from './cluster.js';
import { ensureDatabase } from './ensure-database.js';
import { freePort, listenError } from './free-port.js';
import type { StopMode } from './guard.js';
import { type GuardedServer, startGuarded } from './guarded-server.js';
import { awaitPreviousServer } from './previous-server.js';
import { cleanEnvironment, credentials } from './run-as.js';

export interface EmbeddedPostgresOptions {
  /** Folder that names the cluster (`postgres.json`), and holds it where PostgreSQL may go there. Made if missing. */
  dataDir: string;
  /** Told what the user should know, a sentence at a time. */
  log?: (line: string) => void;
  /** Further settings of the server, e.g. `{ fsync: 'off' }` for tests. */
  settings?: Readonly<Record<string, string>>;
}

/** A running PostgreSQL server of our own. It ends with this process, however this process ends. */
export interface EmbeddedPostgres {
  /** Connects as superuser; holds the password, so it is never to be shown. */
  url(database: string): string;
  /** Of the database that always exists. */
  adminUrl: string;
  /** Makes the database if it is missing, and gives its url. */
  ensureDatabase(name: string): Promise<string>;
  /** Settles with a sentence when the server ends without having been told to. */
  died: Promise<string>;
  stop(mode?: StopMode): Promise<void>;
}

interface Running {
  server: GuardedServer;
  port: number;
}

const HOST = '127.0.0.1';
const ADMIN_DATABASE = 'postgres';
const PORT_ATTEMPTS = 5;
/** Long enough to repair a large database after a crash. */
const START_LIMIT_MS = 120_000;
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

const SETTINGS = {
  listen_addresses: HOST,
  // No Unix socket: the path of one must be short, and that of a data folder need not be.
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  fsync: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // Its starts, its end and what ends it. Errors of statements repeat values and rows: the api and the worker log them,
  // without.
  log_min_messages: 'log',
};

/**
 * Starts the data folder's own PostgreSQL, making the cluster first if there is none.
 *
 * @throws LaunchError with what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { path: dataDir, logs } = openDataDir(options.dataDir);
  const cluster = await openCluster(dataDir, {
    log: options.log ?? (() => undefined),
    sync: options.settings?.['fsync'] !== 'off',
  });
  await awaitPreviousServer(cluster.record.folder, dataDir);
  const logFile = openLog(logs);
  const { server, port } = await startOnFreePort(cluster, logFile, options.settings ?? {});
  const url = (database: string): string => urlOf(cluster, port, database);
  let stopping = false;
  return {
    url,
    adminUrl: url(ADMIN_DATABASE),
    ensureDatabase: async (name) => {
      await ensureDatabase(url(ADMIN_DATABASE), name);
      return url(name);
    },
    died: new Promise((tell) => {
      void server.exited.then(({ reason }) => stopping || tell(`PostgreSQL has stopped${reason === undefined ? '' : ` (${reason})`}; see ${logFile}.`));
    }),
    stop: async (mode = 'fast') => {
      stopping = true;
      await server.stop(mode);
      // Nothing to wait for, unless the guard was killed and has left the server behind.
      await awaitPreviousServer(cluster.record.folder, dataDir);
    },
  };
}

/** One older file is kept, so that the log is bounded over restarts. */
function openLog(logs: string): string {
  const logFile = join(logs, 'postgres.log');
  if (existsSync(logFile) && statSync(logFile).size > LOG_LIMIT_BYTES) {
    rmSync(`${logFile}.1`, { force: true });
    renameSync(logFile, `${logFile}.1`);
  }
  return logFile;
}

/** A free port may be taken by another program before the server has it; then the next one is tried. */
async function startOnFreePort(cluster: Cluster, logFile: string, settings: Readonly<Record<string, string>>): Promise<Running> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(HOST);
    const server = startGuarded({
      program: programOf(cluster.binaries, 'postgres'),
      args: ['-D', cluster.record.folder, ...flags({ ...SETTINGS, ...settings, port: String(port) })],
      env: cleanEnvironment(),
      ...credentials(cluster.user),
      logFile,
    });
    if (await isReady(server, urlOf(cluster, port, ADMIN_DATABASE))) {
      return { server, port };
    }
    await server.stop('fast');
    const portWasTaken = (await listenError(HOST, port)) !== undefined;
    if (!portWasTaken || attempt === PORT_ATTEMPTS) {
      throw new LaunchError('postgres_start_failed', `PostgreSQL did not start. Its last words (more in ${logFile}):\n${lastLines(logFile)}`);
    }
  }
}

function flags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function urlOf(cluster: Cluster, port: number, database: string): string {
  const { superuser, password } = cluster.record;
  return `postgresql://${superuser}:${password}@${HOST}:${port}/${encodeURIComponent(database)}`;
}

/** False when the server has ended, or is not ready in two minutes. */
async function isReady(server: GuardedServer, adminUrl: string): Promise<boolean> {
  const deadline = performance.now() + START_LIMIT_MS;
  let ended = false;
  void server.exited.then(() => (ended = true));
  while (performance.now() < deadline && !ended) {
    if (await answers(adminUrl)) {
      return true;
    }
    await Promise.race([sleep(25), server.exited]);
  }
  return false;
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function lastLines(file: string): string {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text.trimEnd().split('\n').slice(-10).join('\n');
}
