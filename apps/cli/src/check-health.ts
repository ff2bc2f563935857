import type { Connection, SyncStatus } from './api-shapes.js';

/** One thing that was looked at. */
export interface Finding {
  readonly code: string;
  readonly level: 'ok' | 'warning' | 'error';
  /** What it is about; null = the deployment as a whole. */
  readonly connectionId: string | null;
  readonly detail: string;
  /** What to do; null = nothing. */
  readonly cure: string | null;
}

/** What the api and this machine's clock have told. Times in ms. */
export interface Symptoms {
  readonly now: number;
  readonly apiNow: number;
  /** `code` of the check that failed, or how the queue is. */
  readonly ready: { readonly isReady: true; readonly queue: string } | { readonly isReady: false; readonly code: string };
  readonly connections: readonly Connection[];
  readonly statuses: readonly SyncStatus[];
  /** What Stripe, or the api, had against the look at a connection's key, by connection. */
  readonly refusedChecks: ReadonlyMap<string, { readonly code: string; readonly detail: string }>;
}

const SKEW_SECONDS = 30;
/** A worker polls each account every minute at least. */
const POLL_OVERDUE_SECONDS = 180;
const LAG_WARNING_SECONDS = 60;
const LAG_ERROR_SECONDS = 300;

const UNREADY: Record<string, string> = {
  schema_behind: 'Run the migrations: `npm start` does; in containers: docker compose --env-file kana.env up migrate.',
  queue_schema_unfit: 'Run the migrations: `npm start` does; in containers: docker compose --env-file kana.env up migrate.',
  database_unavailable: 'See that PostgreSQL runs, and that DATABASE_URL leads to it.',
};

/** Everything that was looked at, in the order of its importance: the deployment, then account by account. */
export function checkHealth(symptoms: Symptoms): Finding[] {
  const { connections, statuses } = symptoms;
  const connected = connections.filter(({ status }) => status === 'CONNECTED');
  return [
    readiness(symptoms),
    skew(symptoms),
    ...(symptoms.ready.isReady && connected.length === 0 ? [finding('connection', 'warning', null, 'No Stripe account is connected.', 'Connect one: POST /v1/stripe/connections, or start with STRIPE_SECRET_KEY.')] : []),
    ...connected.flatMap((connection) => [
      rights(connection, symptoms.refusedChecks.get(connection.id)),
      webhook(connection),
      ...statuses.filter(({ connectionId }) => connectionId === connection.id).flatMap((status) => sync(status, symptoms.apiNow)),
    ]),
  ];
}

function readiness({ ready }: Symptoms): Finding {
  if (!ready.isReady) {
    return finding(ready.code, 'error', null, `The api is not ready: ${ready.code}.`, UNREADY[ready.code] ?? 'Look into the log of the api.');
  }
  return ready.queue === 'available'
    ? finding('ready', 'ok', null, 'The database has the schema of this version, and the queue answers.', null)
    : finding('queue_away', 'error', null, 'Redis does not answer: what a worker has to do waits.', 'See that the Redis of REDIS_URL runs. Nothing is lost meanwhile.');
}

function skew({ now, apiNow }: Symptoms): Finding {
  const seconds = Math.round(Math.abs(now - apiNow) / 1000);
  return seconds > SKEW_SECONDS
    ? finding('clock_skew', 'warning', null, `The clocks of this machine and of the api's are ${seconds} s apart.`, 'Let both follow NTP: webhooks are refused by a clock that is 5 minutes wrong.')
    : finding('clock', 'ok', null, 'The clocks of this machine and of the api agree.', null);
}

function rights({ id, permissions }: Connection, refused: { code: string; detail: string } | undefined): Finding {
  if (refused !== undefined) {
    return finding(refused.code, 'error', id, refused.detail, 'Replace the key: POST /v1/stripe/connections/{id}/rotate-key; or see that Stripe can be reached.');
  }
  const missing = permissions.filter(({ granted, required }) => required && !granted).map(({ resource }) => resource);
  return missing.length > 0
    ? finding('right_missing', 'error', id, `The Stripe key may not read: ${missing.join(', ')}.`, 'Give the key these rights in the Stripe dashboard (Developers, API keys): Read.')
    : finding('rights', 'ok', id, 'The Stripe key may read what Kana needs.', null);
}

function webhook({ id, webhook: { state, url, detail } }: Connection): Finding {
  switch (state) {
    case 'ACTIVE':
    case 'BY_HAND':
      return finding('webhook', 'ok', id, `Webhooks are to come to ${url ?? 'an endpoint made by hand'}.`, null);
    case 'NO_PUBLIC_URL':
      return finding('public_url_missing', 'warning', id, 'Stripe sends no webhooks, as PUBLIC_URL is not set: changes are found by asking, every 10 s.', 'Start with PUBLIC_URL=https://…, an address that Stripe can reach.');
    default:
      return finding('webhook_failed', 'error', id, detail ?? `There is no webhook endpoint (${state}).`, 'Give the key Webhook Endpoints: Write and run this again; or give a secret by hand: POST /v1/stripe/connections/{id}/webhook-secret.');
  }
}

function sync(status: SyncStatus, apiNow: number): Finding[] {
  const id = status.connectionId;
  return [worker(status, apiNow), ...lag(status), ...history(status)].map((each) => ({ ...each, connectionId: id }));
}

function worker({ poll, syncedThrough }: SyncStatus, apiNow: number): Finding {
  if (poll.error !== null) {
    return finding(poll.error.code, 'error', null, `Stripe's events could not be read: ${poll.error.detail}`, 'It is tried again by itself. Where that does not help: replace the key, or see that Stripe can be reached.');
  }
  const age = poll.completedAt === null ? null : Math.round((apiNow - Date.parse(poll.completedAt)) / 1000);
  if (!poll.isUnderWay && age !== null && age > POLL_OVERDUE_SECONDS) {
    return finding('worker_away', 'error', null, `Nobody has asked Stripe for ${age} s: no worker runs.`, 'Start a worker: npm start starts one; in containers: docker compose --env-file kana.env up worker.');
  }
  return syncedThrough === null
    ? finding('not_imported', 'warning', null, 'No import was completed yet.', 'npm run kana -- import')
    : finding('worker', 'ok', null, `In step through ${syncedThrough}.`, null);
}

function lag({ events: { dead, longestOpenSeconds: open } }: SyncStatus): Finding[] {
  const late = open !== null && open > LAG_WARNING_SECONDS;
  return [
    ...(dead > 0 ? [finding('dead_events', 'error', null, `${dead} events were given up.`, 'npm run kana -- events replay --state DEAD')] : []),
    ...(late ? [finding('inbox_lag', open > LAG_ERROR_SECONDS ? 'error' : 'warning', null, `An event has waited for ${open} s.`, 'See that a worker runs, and what GET /v1/sync/events?result=FAILED says.')] : []),
  ];
}

function history({ gapSince, webhook: { isWorking }, openIssues }: SyncStatus): Finding[] {
  return [
    ...(gapSince === null ? [] : [finding('gap', 'error', null, `Events may have been missed since ${gapSince}.`, 'npm run kana -- import')]),
    ...(isWorking === false ? [finding('webhooks_silent', 'warning', null, 'Stripe has told of changes that came by no webhook.', 'See that PUBLIC_URL leads here, and what Stripe shows of its endpoint (Developers, Webhooks).')] : []),
    ...(openIssues > 0 ? [finding('issues', 'warning', null, `${openIssues} sync issues are open.`, 'GET /v1/sync/issues says what each needs.')] : []),
  ];
}

function finding(code: string, level: Finding['level'], connectionId: string | null, detail: string, cure: string | null): Finding {
  return { code, level, connectionId, detail, cure };
}
