import { clockAheadOfDate, type Moment } from '@app/common';

import type { Finding } from './api-shapes.js';

const SKEW_MS = 30_000;

/**
 * What only this machine can tell: how its own clock stands.
 *
 * @param asked between the request and its answer, by this machine's clock
 * @param date of the answer, by the api's
 */
export function checkOwnClock(asked: Moment, date: string | null): Finding[] {
  const aheadMs = clockAheadOfDate(asked, date);
  if (Math.abs(aheadMs) <= SKEW_MS) {
    return [];
  }
  const what = `The clock of this machine is ${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the api’s.`;
  return [{ code: 'own_clock_skew', severity: 'WARNING', connectionId: null, what, cure: 'Let this machine follow NTP (systemd-timesyncd, chrony).' }];
}
