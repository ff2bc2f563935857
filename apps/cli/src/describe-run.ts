import type { Run } from './api-shapes.js';

const BAR_WIDTH = 24;
const SMALLEST_BAR = 5;
/** Its brackets, the space after it, and the last column, where some terminals would begin a new line. */
const BAR_FRAME = 4;

/**
 * One line on how far a run is; with a bar on a terminal, as wide as there is place.
 *
 * @param columns of the terminal; null = none
 */
export function describeProgress({ status, counts, progress }: Run, columns: number | null): string {
  const { percent, perSecond, etaSeconds } = progress;
  const parts = [
    `${shown(counts.seen)} subscriptions`,
    ...(percent === null ? [] : [`${Math.floor(percent)} %`]),
    ...(perSecond === null ? [] : [`${shown(Math.round(perSecond))}/s`]),
    ...(etaSeconds === null || status !== 'RUNNING' ? [] : [`${durationOf(etaSeconds)} left`]),
  ];
  const words = `${status.toLowerCase()}: ${parts.join(', ')}`;
  const place = columns === null ? 0 : Math.min(BAR_WIDTH, columns - words.length - BAR_FRAME);
  return place < SMALLEST_BAR ? words : `${barOf(percent ?? 0, place)} ${words}`;
}

/** What has become of it, in lines. */
export function describeEnd({ id, status, counts, error, brake }: Run): string[] {
  const of = (name: keyof Run['counts']): string => shown(counts[name]);
  return [
    `${id} ${status}: ${of('seen')} subscriptions: ${of('created')} created, ${of('updated')} updated, ${of('unchanged')} unchanged, ${of('parked')} parked, ${of('failed')} failed; ${of('partlyParked')} partly parked.`,
    ...(error === null ? [] : [`It failed (${error.code}): ${error.detail}`]),
    ...(status === 'PAUSED' && brake ? [`It has stopped and asks: it would take access from ${brake.usersLosingAccess} of ${brake.usersWithAccess} users. Look at GET /v1/sync/reconciliations/${id}/drift, then POST …/approve.`] : []),
  ];
}

function barOf(percent: number, width: number): string {
  const full = Math.max(0, Math.min(width, Math.round((percent / 100) * width)));
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}

function shown(count: number): string {
  return count.toLocaleString('en');
}

function durationOf(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
