import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { LaunchError } from '../launch.errors.js';
import { type Binaries, locateBinaries, programOf, reachableBinaries } from './binaries.js';
import { chooseOsUser, type OsUser } from './choose-os-user.js';
import { type ClusterRecord, readRecord, writeRecord } from './cluster-record.js';
import { runAs } from './run-as.js';
import { stagingRoots } from './staging-roots.js';

/** A cluster that exists on disk, and all that is needed to start it. */
export interface Cluster {
  binaries: Binaries;
  record: ClusterRecord;
  /** The user that PostgreSQL must run as; undefined = as who we are. */
  user: OsUser | undefined;
}

const SUPERUSER = 'kana';

export interface ClusterOptions {
  /** Told what the user should know, a sentence at a time. */
  log: (line: string) => void;
  /** False only where the data may be lost with the machine: a new cluster is then not forced to disk. */
  sync: boolean;
}

/** Opens the data folder's cluster, or makes one. Safe to be killed at any moment and called again. */
export async function openCluster(dataDir: string, options: ClusterOptions): Promise<Cluster> {
  const installed = locateBinaries();
  const record = readRecord(dataDir);
  const existing = record !== undefined && existsSync(record.folder) ? record : undefined;
  const user = existing === undefined ? newOwner() : ownerOf(existing.folder);
  const binaries = await reachableBinaries(installed, user);
  if (existing !== undefined) {
    checkVersion(existing.folder, binaries);
    return { binaries, record: existing, user };
  }
  return { binaries, record: await makeCluster(dataDir, binaries, user, options), user };
}

/** Undefined unless we are root, which PostgreSQL refuses. */
function newOwner(): OsUser | undefined {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const user = chooseOsUser(readFileSync('/etc/passwd', 'utf8'));
  if (user === undefined) {
    const sentence =
      'PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody" to run it as. Start Kana as an ordinary user, or set DATABASE_URL.';
    throw new LaunchError('postgres_no_user', sentence);
  }
  return user;
}

/** A cluster goes on under the user that made it: PostgreSQL insists on that. */
function ownerOf(folder: string): OsUser | undefined {
  const { uid, gid } = statSync(folder);
  const ourUid = process.getuid?.();
  if (uid === ourUid && uid !== 0) {
    return undefined;
  }
  if (ourUid !== 0 || uid === 0) {
    const sentence = `The database in ${folder} belongs to another user (id ${uid}). Start Kana as that user, or choose another folder with DATA_DIR.`;
    throw new LaunchError('postgres_wrong_user', sentence);
  }
  return { name: `user ${uid}`, uid, gid };
}

function checkVersion(folder: string, binaries: Binaries): void {
  const version = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  if (version !== binaries.version.split('.')[0]) {
    const sentence = `The database in ${folder} was made by PostgreSQL ${version}, and this version of Kana brings ${binaries.version}. Use the version of Kana that made it, or choose another folder with DATA_DIR.`;
    throw new LaunchError('postgres_wrong_version', sentence);
  }
}

/**
 * Makes the cluster beside its place, then writes the record, then renames: a kill in between leaves a folder that
 * nothing names, or a record that names nothing, and both count as no cluster.
 */
async function makeCluster(
  dataDir: string,
  binaries: Binaries,
  user: OsUser | undefined,
  options: ClusterOptions,
): Promise<ClusterRecord> {
  const folder = await chooseFolder(dataDir, user);
  const record = { folder, superuser: SUPERUSER, password: randomBytes(24).toString('base64url') };
  const work = `${folder}.new-${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  try {
    mkdirFor(user, work);
    await initialise(binaries, user, work, record, options.sync);
    writeRecord(dataDir, record);
    renameSync(join(work, 'data'), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  if (user !== undefined) {
    options.log(`PostgreSQL does not run as root: its data are in ${folder}, under the user "${user.name}".`);
  }
  return record;
}

/** In the data folder if the user can get there, else where system services keep their data. */
async function chooseFolder(dataDir: string, user: OsUser | undefined): Promise<string> {
  if (user === undefined || (await canEnter(user, dataDir))) {
    return join(dataDir, 'postgres');
  }
  for (const root of stagingRoots()) {
    if (await canEnter(user, root)) {
      return join(root, `data-${randomBytes(6).toString('hex')}`);
    }
  }
  const sentence = `PostgreSQL does not run as root, and the user "${user.name}" can enter neither ${dataDir} nor a folder made for it. Start Kana as an ordinary user, choose another folder with DATA_DIR, or set DATABASE_URL.`;
  throw new LaunchError('postgres_unreachable_folder', sentence);
}

async function canEnter(user: OsUser, folder: string): Promise<boolean> {
  const result = await runAs(user, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder]);
  return result.exitCode === 0;
}

function mkdirFor(user: OsUser | undefined, folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
  if (user !== undefined) {
    chownSync(folder, user.uid, user.gid);
  }
}

async function initialise(
  binaries: Binaries,
  user: OsUser | undefined,
  work: string,
  record: ClusterRecord,
  sync: boolean,
): Promise<void> {
  const passwordFile = join(work, 'password');
  writeFileSync(passwordFile, `${record.password}\n`, { mode: 0o600 });
  if (user !== undefined) {
    chownSync(passwordFile, user.uid, user.gid);
  }
  const result = await runAs(user, programOf(binaries, 'initdb'), [
    `--pgdata=${join(work, 'data')}`,
    `--username=${record.superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
    ...(sync ? [] : ['--no-sync']),
  ]);
  if (result.exitCode !== 0) {
    const sentence = `The database could not be made in ${record.folder}. PostgreSQL said:\n${result.output}\nFree some space or choose another folder with DATA_DIR, or set DATABASE_URL.`;
    throw new LaunchError('postgres_init_failed', sentence);
  }
}
