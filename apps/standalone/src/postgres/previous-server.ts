import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { LaunchError } from '../launch.errors.js';
import { processInfo } from './process-info.js';

const PATIENCE_MS = 20_000;
const POLL_MS = 100;

/**
 * Waits until no server runs on this cluster: that of a launcher killed a moment ago is just being stopped by its
 * guard. One whose guard was killed, too, is told to stop.
 *
 * @throws LaunchError `already_running` when it stays
 */
export async function awaitPreviousServer(clusterFolder: string, dataDir: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let pid = runningServer(clusterFolder); pid !== undefined; pid = runningServer(clusterFolder)) {
    if (performance.now() > deadline) {
      const sentence = `Another Kana runs on the data in ${dataDir}. Stop it first, or choose another folder with DATA_DIR.`;
      throw new LaunchError('already_running', sentence);
    }
    if (isOrphan(pid)) {
      process.kill(pid, 'SIGINT');
    }
    await sleep(POLL_MS);
  }
}

/** The process id of the server on this cluster; undefined when none runs. */
export function runningServer(clusterFolder: string): number | undefined {
  const file = join(clusterFolder, 'postmaster.pid');
  const pid = Number(firstLine(file));
  if (!Number.isInteger(pid) || pid <= 0) {
    return undefined;
  }
  const command = processInfo(pid)?.command;
  if (command?.includes(clusterFolder)) {
    return pid;
  }
  if (command !== undefined) {
    // The id now belongs to some other program (a restarted container starts to count anew), and PostgreSQL might
    // take that program for itself and refuse to start.
    rmSync(file, { force: true });
  }
  return undefined;
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n')[0] ?? '';
  } catch {
    return '';
  }
}

/** True when the server's parent is not a guard: nobody will ever stop it. */
function isOrphan(pid: number): boolean {
  const parentPid = processInfo(pid)?.parentPid;
  const parent = parentPid === undefined ? undefined : processInfo(parentPid);
  return parent !== undefined && !/postgres\/guard\.[jt]s/.test(parent.command);
}
