import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));

/** What a benchmark has measured, as JSON in bench/results. */
export function writeResults(bench: string, results: object): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${bench}.json`), `${JSON.stringify({ bench, ...results }, null, 2)}\n`);
}
