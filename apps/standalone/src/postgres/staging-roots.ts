import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = 'kana-stripe-sync';

/**
 * Where root may put what another user must reach, best first: a place that survives a restart of the machine, or one
 * that is there at least. Each folder is made if need be, belongs to root and only root writes in it: in a temporary folder anybody
 * could otherwise have laid out programs for us to run.
 */
export function* stagingRoots(): Generator<string> {
  for (const parent of ['/var/lib', tmpdir()]) {
    const folder = join(parent, NAME);
    if (isOurs(folder)) {
      yield folder;
    }
  }
}

function isOurs(folder: string): boolean {
  try {
    if (mkdirSync(folder, { recursive: true, mode: 0o755 }) !== undefined) {
      chmodSync(folder, 0o755);
    }
    const entry = lstatSync(folder);
    return entry.isDirectory() && entry.uid === process.getuid?.() && (entry.mode & 0o022) === 0;
  } catch {
    // A read-only system, say; the next place may do.
    return false;
  }
}
