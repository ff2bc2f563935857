import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

const THREADS = '/proc/self/task';

/**
 * Lets others have the processor first where it is short: the api, above all, whose checks somebody waits for. On Linux a
 * priority is a thread's, not a process's, and those that V8 collects garbage with are there by now; later ones inherit it.
 *
 * @param niceness 0 (as others) to 19 (last)
 * @returns what the system said where it does not allow it; null = done
 */
export function yieldProcessor(niceness: number): string | null {
  try {
    // Whoever started it further back had a reason.
    if (niceness > getPriority()) {
      threadIds().forEach((id) => setPriority(id, niceness));
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** 0 = this process as a whole, where its threads are not told. */
function threadIds(): number[] {
  return process.platform === 'linux' ? readdirSync(THREADS).map(Number) : [0];
}
