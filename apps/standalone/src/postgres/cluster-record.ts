import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';

import { errorCode, LaunchError } from '../launch.errors.js';

/** What a data folder knows of its cluster, in `postgres.json` (mode 0600): where it lies and its password. */
export interface ClusterRecord {
  /** Absolute. */
  folder: string;
  superuser: string;
  password: string;
}

const FILE = 'postgres.json';

/** Undefined when this data folder has no cluster yet. */
export function readRecord(dataDir: string): ClusterRecord | undefined {
  const path = join(dataDir, FILE);
  const text = readIfThere(path);
  if (text === undefined) {
    return undefined;
  }
  const record = parseRecord(text);
  if (record === undefined) {
    const sentence = `${path} cannot be understood. Put it back from a backup, or delete ${dataDir} to start with an empty database.`;
    throw new LaunchError('postgres_record_invalid', sentence);
  }
  return { ...record, folder: resolve(dataDir, record.folder) };
}

/** Whole or not at all. A cluster inside the data folder is noted relative to it, so that the folder can be moved. */
export function writeRecord(dataDir: string, record: ClusterRecord): void {
  const path = join(dataDir, FILE);
  const inside = relative(dataDir, record.folder);
  const folder = inside.startsWith('..') || isAbsolute(inside) ? record.folder : inside;
  writeFileSync(`${path}.new`, `${JSON.stringify({ ...record, folder }, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return undefined;
    }
    const sentence = `${path} cannot be read. If it belongs to another user, run Kana as that user, or choose another folder with DATA_DIR.`;
    throw new LaunchError('data_dir_unusable', sentence, { cause: error });
  }
}

function parseRecord(text: string): ClusterRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is ClusterRecord {
  const fields = value !== null && typeof value === 'object' ? new Map(Object.entries(value)) : new Map<string, unknown>();
  return ['folder', 'superuser', 'password'].every((name) => typeof fields.get(name) === 'string');
}
