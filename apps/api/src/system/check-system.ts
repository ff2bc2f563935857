import type { WorkerFacts } from '@app/sync';

import { checkClock, durationOf } from './check-clock.js';
import { failure, fine, type Finding, warning } from './findings.js';

/** What is known of the deployment. */
export interface SystemFacts {
  readonly readiness: { readonly isReady: true; readonly queue: 'available' | 'away' } | { readonly isReady: false; readonly code: string };
  /** Of this api's build. */
  readonly version: string;
  /** How far the api's clock is ahead of the database's. */
  readonly clockAheadMs: number;
  /** Also those that have died lately. */
  readonly workers: readonly WorkerFacts[];
  /** From how many seconds of silence on a worker counts as gone. */
  readonly awaySeconds: number;
}

const MIGRATE = 'Run the migrations: `npm start` does; in containers: docker compose --env-file kana.env up migrate.';
const NTP = 'Let its machine follow NTP (systemd-timesyncd, chrony).';

const UNREADY: Record<string, { what: string; cure: string }> = {
  schema_behind: { what: 'The database lacks migrations of this version of Kana.', cure: MIGRATE },
  queue_schema_unfit: { what: 'The tables of the queue do not fit this version of Kana.', cure: MIGRATE },
  database_unavailable: { what: 'The database cannot be reached.', cure: 'See that PostgreSQL runs, and that DATABASE_URL leads to it.' },
};

/** What was looked at of the deployment as a whole. Of one that is not ready nothing else can be said. */
export function checkSystem(facts: SystemFacts): Finding[] {
  const { readiness } = facts;
  if (!readiness.isReady) {
    const { what, cure } = UNREADY[readiness.code] ?? { what: `The api is not ready: ${readiness.code}.`, cure: 'Look into the log of the api.' };
    return [failure({ code: readiness.code, what, cure })];
  }
  return [queue(readiness.queue), ...workers(facts), ...clocks(facts)];
}

/** Whether any worker runs. */
export function hasWorker(facts: SystemFacts): boolean {
  return running(facts).length > 0;
}

function queue(state: 'available' | 'away'): Finding {
  return state === 'available'
    ? fine('ready', 'The database has the schema of this version, and the queue answers.')
    : failure({ code: 'queue_away', what: 'Redis does not answer: what a worker has to do waits.', cure: 'See that the Redis of REDIS_URL runs. Nothing is lost meanwhile.' });
}

function running({ workers: all, awaySeconds }: SystemFacts): readonly WorkerFacts[] {
  return all.filter(({ silentSeconds }) => silentSeconds <= awaySeconds);
}

function workers(facts: SystemFacts): Finding[] {
  const up = running(facts);
  if (up.length === 0) {
    const [last] = facts.workers;
    const since = last === undefined ? '' : ` The last one, ${last.name}, was heard ${durationOf(last.silentSeconds * 1000)} ago.`;
    return [failure({ code: 'worker_away', what: `No worker runs: nothing is imported, and what Stripe tells is not carried over.${since}`, cure: 'Start one: `npm start` does; in containers: docker compose --env-file kana.env up worker.' })];
  }
  const others = up.filter(({ version }) => version !== facts.version);
  return [
    fine('workers', up.length === 1 ? 'A worker runs.' : `${up.length} workers run.`),
    ...others.map(({ name, version }) =>
      warning({ code: 'worker_version', what: `The worker ${name} is of another version (${version}) than the api (${facts.version}).`, cure: 'Start both from the same build. During an upgrade this goes by itself.' }),
    ),
  ];
}

function clocks(facts: SystemFacts): Finding[] {
  const wrong = [
    ...checkClock(facts.clockAheadMs, { whose: 'The api’s clock', others: 'the database’s', cure: NTP }),
    ...running(facts).flatMap(({ name, clockAheadMs }) => checkClock(clockAheadMs, { whose: `The clock of the worker ${name}`, others: 'the database’s', cure: NTP })),
  ];
  return wrong.length > 0 ? wrong : [fine('clocks', 'The clocks of api, workers and database agree.')];
}
