import { setTimeout as sleep } from 'node:timers/promises';

import { LaunchError } from '../launch.errors.js';
import type { Terminal } from '../terminal.js';
import type { ApiClient } from './api-client.js';
import type { ImportRun } from './api-shapes.js';

const POLL_MS = 250;
const TOLD_EVERY_MS = 1000;

/** Follows a run to its end and tells how far it is, about once a second. */
export async function watchImport(api: ApiClient, id: string, out: Terminal): Promise<ImportRun> {
  let toldAt = performance.now();
  for (;;) {
    const run = await api.get<ImportRun>(`/v1/stripe/imports/${id}`);
    if (run.status === 'COMPLETED') {
      return run;
    }
    if (run.status === 'FAILED') {
      throw new LaunchError('import_failed', `The import ended early: ${run.error?.detail ?? 'no reason was given.'}`);
    }
    if (performance.now() - toldAt >= TOLD_EVERY_MS) {
      toldAt = performance.now();
      out.line(`  … ${count(run.counts.seen)} subscriptions read, ${run.counts.parked} parked, ${run.progress.perSecond ?? 0}/s`);
    }
    await sleep(POLL_MS);
  }
}

/** A number for people. */
export function count(value: number): string {
  return value.toLocaleString('en');
}
