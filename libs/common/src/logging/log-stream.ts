import { destination } from 'pino';

import type { Env } from '../env.js';
import { redactorOf, secretsOf } from './redact-secrets.js';

/** Standard output, a JSON line per entry, with every secret and every email address taken out. */
export function logStream(env: Env): { write(line: string): void } {
  const redact = redactorOf(secretsOf(env));
  const output = destination({ dest: 1, sync: true });
  // The reader of our output may be gone before us; that must not end a shutdown that is under way.
  output.on('error', () => undefined);
  return { write: (line) => void output.write(redact(line)) };
}
