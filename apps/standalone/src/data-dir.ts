import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { LaunchError } from './launch.errors.js';

/** The folder of everything Kana keeps on this machine. */
export interface DataDir {
  /** Absolute. */
  path: string;
  logs: string;
}

/**
 * Makes the folder if it is missing.
 *
 * @throws LaunchError `data_dir_unusable`
 */
export function openDataDir(given: string): DataDir {
  const path = resolve(given);
  const logs = join(path, 'logs');
  try {
    mkdirSync(logs, { recursive: true });
    accessSync(path, constants.W_OK);
    return { path, logs };
  } catch (cause) {
    const sentence = `The folder ${path} cannot be written to. Give it to the user that starts Kana, or choose another one with DATA_DIR.`;
    throw new LaunchError('data_dir_unusable', sentence, { cause });
  }
}
