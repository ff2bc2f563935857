import type { KeyReport, WebhookInspection } from '@app/stripe';
import { missingRights, TOLERANCE_SECONDS } from '@app/stripe';
import type { StreamStatus } from '@app/sync';

import { checkClock } from './check-clock.js';
import { checkWebhook } from './check-webhook.js';
import { failure, fine, type Finding, warning } from './findings.js';

/** What is known of a connected account. */
export interface ConnectionFacts {
  readonly id: string;
  /** What Stripe says of the key; or why it says nothing. */
  readonly key: { readonly report: Pick<KeyReport, 'permissions' | 'clockAheadMs'> } | { readonly refusal: { readonly code: string; readonly detail: string } };
  /** Null where Stripe says nothing of the key. */
  readonly webhook: WebhookInspection | null;
  readonly status: StreamStatus | undefined;
}

/** What of the deployment matters to its accounts. */
export interface Surroundings {
  /** The database's time, in ms. */
  readonly now: number;
  /** How far the api's clock is ahead of the database's. */
  readonly clockAheadMs: number;
  readonly hasWorker: boolean;
}

/** A worker polls each account every minute at least. */
const POLL_OVERDUE_SECONDS = 180;
const LAG_WARNING_SECONDS = 60;
const LAG_ERROR_SECONDS = 300;
const MILLISECONDS = 1000;
/** So near to the time at which webhooks are refused it is no mere blemish. */
const SKEW_ERROR_MS = (TOLERANCE_SECONDS - 60) * MILLISECONDS;
const REPLACE_KEY = 'Replace the key: POST /v1/stripe/connections/{id}/rotate-key.';

/** What was looked at of one account. */
export function checkConnection(facts: ConnectionFacts, surroundings: Surroundings): Finding[] {
  const all = [
    ...key(facts, surroundings),
    ...(facts.webhook === null ? [] : checkWebhook(facts.webhook)),
    ...(facts.status === undefined ? [] : [...following(facts.status, surroundings), ...inbox(facts.status), ...history(facts.status)]),
  ];
  return all.map((finding) => ({ ...finding, connectionId: facts.id, cure: finding.cure?.replaceAll('{id}', facts.id) ?? null }));
}

function key({ key: known }: ConnectionFacts, surroundings: Surroundings): Finding[] {
  if ('refusal' in known) {
    const { code, detail } = known.refusal;
    return [failure({ code, what: detail, cure: code === 'stripe_key_refused' ? REPLACE_KEY : 'See that Stripe can be reached from the api’s machine, and what status.stripe.com says.' })];
  }
  const { permissions, clockAheadMs } = known.report;
  const missing = missingRights(permissions);
  const rights =
    missing.length > 0
      ? failure({ code: 'right_missing', what: `The Stripe key lacks: ${missing.join(', ')}.`, cure: 'Give the key these rights in the Stripe dashboard (Developers, API keys).' })
      : fine('rights', 'The Stripe key may read what Kana needs.');
  return [rights, ...stripeClock(surroundings.clockAheadMs - clockAheadMs)];
}

/** @param behindMs how far Stripe's clock is ahead of the database's, which a webhook's age goes by */
function stripeClock(behindMs: number): Finding[] {
  return checkClock(-behindMs, {
    whose: 'The database’s clock',
    others: 'Stripe’s',
    cure: `Let the database’s machine follow NTP (systemd-timesyncd, chrony): from ${TOLERANCE_SECONDS / 60} minutes on every webhook is refused.`,
  }).map((finding) => ({ ...finding, severity: Math.abs(behindMs) >= SKEW_ERROR_MS ? 'ERROR' : 'WARNING' }));
}

function following({ poll, syncedThrough }: StreamStatus, { now, hasWorker }: Surroundings): Finding[] {
  if (poll.error !== null) {
    return [failure({ code: poll.error.code, what: `Stripe’s events could not be read: ${poll.error.detail}`, cure: 'It is tried again by itself. Where that does not help: replace the key, or see that Stripe can be reached.' })];
  }
  const age = poll.completedAt === null ? null : Math.round((now - Date.parse(poll.completedAt)) / MILLISECONDS);
  if (hasWorker && !poll.isUnderWay && age !== null && age > POLL_OVERDUE_SECONDS) {
    return [failure({ code: 'poll_overdue', what: `A worker runs, and has not asked Stripe for ${age} s.`, cure: 'Look into the log of the worker, and start it again.' })];
  }
  return syncedThrough === null
    ? [warning({ code: 'not_imported', what: 'No import was completed yet.', cure: 'npm run kana -- import' })]
    : [fine('sync', `In step through ${syncedThrough}.`)];
}

function inbox({ openEvents: { DEAD: dead }, longestOpenSeconds: open }: StreamStatus): Finding[] {
  const late = open !== null && open > LAG_WARNING_SECONDS;
  const lag = { code: 'inbox_lag', what: `An event has waited for ${open} s.`, cure: 'See what GET /v1/sync/events?result=FAILED says.' };
  return [
    ...(dead > 0 ? [failure({ code: 'dead_events', what: `${dead} events were given up.`, cure: 'npm run kana -- events replay --state DEAD' })] : []),
    ...(late ? [open > LAG_ERROR_SECONDS ? failure(lag) : warning(lag)] : []),
  ];
}

function history({ gapSince, webhook: { isWorking }, openIssues }: StreamStatus): Finding[] {
  return [
    ...(gapSince === null ? [] : [failure({ code: 'gap', what: `Events may have been missed since ${gapSince}.`, cure: 'npm run kana -- import' })]),
    ...(isWorking === false ? [warning({ code: 'webhooks_silent', what: 'Stripe has told of changes that came by no webhook.', cure: 'See that PUBLIC_URL leads here, and what Stripe shows of its endpoint (Developers, Webhooks).' })] : []),
    ...(openIssues > 0 ? [warning({ code: 'issues', what: `${openIssues} sync issues are open.`, cure: 'GET /v1/sync/issues says what each needs.' })] : []),
  ];
}
