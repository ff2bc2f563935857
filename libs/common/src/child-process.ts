/** What a child tells its launcher over their channel. */
export type ChildMessage = { ready: true; details: ReadyDetails } | { ready: false; sentence: string };

/** Plain values that a launcher may want to know once a child is up, e.g. `{ url }`. */
export type ReadyDetails = Readonly<Record<string, string | number | boolean>>;

/** A child's tie to the launcher that started it. */
export interface Lifeline {
  /** Say that the process now serves. Call it once, after listening. */
  ready(details?: ReadyDetails): void;
  /** Say in one sentence why the process cannot start (a taken port, …), and exit with code 1. */
  fail(sentence: string): Promise<never>;
}

/** The launcher kills after 10 s; without a launcher the process must end by itself, a little earlier. */
const SHUTDOWN_LIMIT_MS = 9000;

/**
 * Ties this process to the one that started it: it shuts down, once, on SIGTERM, SIGINT, or when the launcher is gone,
 * however the launcher died, so that nothing is left behind. Call it first thing in `main`, before anything is opened:
 * a launcher that dies during the start is then noticed too. Without a launcher only the signals count.
 *
 * @param shutdown ends all work and closes what is open; after 9 s the process exits anyway, with code 1
 */
export function exitWithParent(shutdown: () => Promise<void>): Lifeline {
  let ending = false;
  const end = (): void => {
    if (!ending) {
      ending = true;
      void finish(shutdown);
    }
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('disconnect', end);
  if (wasOrphaned()) {
    setImmediate(end);
  }
  return {
    ready: (details = {}) => void tell({ ready: true, details }),
    fail: async (sentence) => {
      await tell({ ready: false, sentence });
      process.exit(1);
    },
  };
}

async function finish(shutdown: () => Promise<void>): Promise<void> {
  setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
  try {
    await shutdown();
  } catch (error) {
    // The stack alone: errors of the database carry rows, and with them personal data.
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  }
  process.exit(0);
}

/** True when there was a launcher and it went before anyone listened for that. */
function wasOrphaned(): boolean {
  return process.send !== undefined && !process.connected;
}

function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) {
      resolve();
      return;
    }
    // An error here means that the launcher is gone, which `disconnect` tells as well.
    process.send(message, undefined, undefined, () => resolve());
  });
}
