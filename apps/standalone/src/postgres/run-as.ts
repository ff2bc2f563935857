import { execFile } from 'node:child_process';

import type { OsUser } from './choose-os-user.js';

const OUTPUT_LIMIT = 1024 * 1024;

export interface ProgramResult {
  /** 0 = success; -1 = it could not be run at all. */
  exitCode: number;
  /** Both outputs, one after the other, and the system's reason where it could not be run. */
  output: string;
}

/**
 * Runs one of PostgreSQL's programs to its end, as another user where one is given. The environment is clean (no
 * locale, no `PG…` variable of the user's changes what it does), the working directory one that everybody may enter.
 */
export function runAs(user: OsUser | undefined, program: string, args: readonly string[]): Promise<ProgramResult> {
  const options = { ...credentials(user), cwd: '/', env: cleanEnvironment(), maxBuffer: OUTPUT_LIMIT };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode, output: [stdout, stderr, exitCode === -1 ? error?.message : ''].join('').trim() });
    });
  });
}

/** The environment of PostgreSQL's programs. */
export function cleanEnvironment(): Record<string, string> {
  return { PATH: '/usr/bin:/bin', HOME: '/', LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };
}

/** Spawn options; without a user the program runs as who we are. */
export function credentials(user: OsUser | undefined): { uid?: number; gid?: number } {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid };
}
