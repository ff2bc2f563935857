import type { Run } from './api-shapes.js';

const BAR_WIDTH = 24;

/** One line on how far a run is; with a bar for terminals. */
export function describeProgress({ status, counts, progress }: Run, withBar: boolean): string {
  const { percent, perSecond, etaSeconds } = progress;
  const parts = [
    `${counts.seen.toLocaleString('en')} subscriptions`,
    ...(percent === null ? [] : [`${Math.floor(percent)} %`]),
    ...(perSecond === null ? [] : [`${Math.round(perSecond).toLocaleString('en')}/s`]),
    ...(etaSeconds === null || status !== 'RUNNING' ? [] : [`${durationOf(etaSeconds)} left`]),
  ];
  return `${withBar && percent !== null ? `${barOf(percent)} ` : ''}${status.toLowerCase()}: ${parts.join(', ')}`;
}

/** What has become of it, in lines. */
export function describeEnd({ id, status, counts, error, brake }: Run): string[] {
  const { seen, created, updated, unchanged, parked, failed, partlyParked } = counts;
  return [
    `${id} ${status}: ${seen.toLocaleString('en')} subscriptions: ${created} created, ${updated} updated, ${unchanged} unchanged, ${parked} parked, ${failed} failed; ${partlyParked} partly parked.`,
    ...(error === null ? [] : [`It failed (${error.code}): ${error.detail}`]),
    ...(status === 'PAUSED' && brake ? [`It has stopped and asks: it would take access from ${brake.usersLosingAccess} of ${brake.usersWithAccess} users. Look at GET /v1/sync/reconciliations/${id}/drift, then POST …/approve.`] : []),
  ];
}

function barOf(percent: number): string {
  const full = Math.max(0, Math.min(BAR_WIDTH, Math.round((percent / 100) * BAR_WIDTH)));
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`;
}

function durationOf(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
