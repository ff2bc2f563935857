import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Env, isAdminKey, parseEncryptionKey } from '@app/common';

import { errorCode, LaunchError } from './launch.errors.js';

/** A secret and, unless it was given by the environment, the file that keeps it. */
export interface Secret<Value> {
  value: Value;
  path: string | undefined;
}

const KEY_BYTES = 32;

/** The key that encrypts secrets at rest (rule N2): the given one, else one made once per data folder. */
export function encryptionKey(env: Env, dataDir: string): Secret<Buffer> {
  if (env.kanaEncryptionKey !== undefined) {
    return { value: env.kanaEncryptionKey, path: undefined };
  }
  const path = join(dataDir, 'encryption-key');
  const value = parseEncryptionKey(readOrMake(path, () => randomBytes(KEY_BYTES).toString('base64')));
  if (value === undefined) {
    const sentence = `${path} does not hold 32 bytes in base64 or hex. Put it back from a backup: without it the stored Stripe keys cannot be read, and Stripe has to be connected again.`;
    throw new LaunchError('encryption_key_invalid', sentence);
  }
  return { value, path };
}

/**
 * The key with all rights: the given one, else one made once per data folder and mode, so that going live does not
 * take the test key from its users, nor the other way round.
 */
export function adminKey(env: Env, dataDir: string, mode: 'live' | 'test'): Secret<string> {
  if (env.kanaAdminKey !== undefined) {
    return { value: env.kanaAdminKey, path: undefined };
  }
  const path = join(dataDir, mode === 'live' ? 'admin-key-live' : 'admin-key');
  const value = readOrMake(path, () => `kana_${mode}_${randomBytes(KEY_BYTES).toString('base64url')}`);
  if (!isAdminKey(value)) {
    throw new LaunchError('admin_key_invalid', `${path} does not hold a key of at least 32 characters. Delete it and Kana makes a new one.`);
  }
  return { value, path };
}

/** A file of mode 0600; whole or not there, also when two processes make it at once or one is killed. */
function readOrMake(path: string, make: () => string): string {
  const found = readIfThere(path);
  if (found !== undefined) {
    return found;
  }
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(beside, `${make()}\n`, { mode: 0o600, flag: 'wx' });
    linkSync(beside, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') {
      throw unusable(path, error);
    }
  } finally {
    rmSync(beside, { force: true });
  }
  return readIfThere(path) ?? '';
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return undefined;
    }
    throw unusable(path, error);
  }
}

function unusable(path: string, cause: unknown): LaunchError {
  const sentence = `${path} cannot be read or written (${errorCode(cause) ?? 'unknown reason'}). Give its folder to the user that starts Kana, or choose another one with DATA_DIR.`;
  return new LaunchError('data_dir_unusable', sentence, { cause });
}
