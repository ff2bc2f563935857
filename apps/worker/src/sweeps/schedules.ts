import type { PollPace } from '@app/sync';

export type SweepName =
  | 'imports'
  | 'events'
  | 'commands'
  | 'issues'
  | 'conversions'
  | 'prices'
  | 'endings'
  | 'idempotency'
  | 'polls'
  | 'retention'
  | 'dryRuns'
  | 'reconciliations'
  | 'samples'
  | 'drift'
  | 'pulse'
  | 'workers';

/** Everything that the worker does by the clock, at its start and then every so often. */
export const SCHEDULES: readonly { readonly sweep: SweepName; readonly everySeconds: number }[] = [
  { sweep: 'imports', everySeconds: 15 },
  { sweep: 'events', everySeconds: 5 },
  { sweep: 'commands', everySeconds: 5 },
  { sweep: 'issues', everySeconds: 10 },
  { sweep: 'polls', everySeconds: 10 },
  { sweep: 'conversions', everySeconds: 30 },
  { sweep: 'prices', everySeconds: 30 },
  { sweep: 'idempotency', everySeconds: 600 },
  { sweep: 'endings', everySeconds: 30 },
  { sweep: 'retention', everySeconds: 3600 },
  { sweep: 'dryRuns', everySeconds: 60 },
  { sweep: 'reconciliations', everySeconds: 60 },
  { sweep: 'samples', everySeconds: 300 },
  { sweep: 'drift', everySeconds: 3600 },
  { sweep: 'pulse', everySeconds: 15 },
  { sweep: 'workers', everySeconds: 3600 },
];

/** How often the sweep of the polls finds a connection due. */
export const POLL_PACE: PollPace = { aloneSeconds: 10, withWebhookSeconds: 60 };
