import { type Finding, warning } from './findings.js';

const MILLISECONDS = 1000;
/** Clocks that follow NTP are within milliseconds; this is one that follows nothing. */
const SKEW_MS = 30_000;

/** Nothing where the clocks agree. @param aheadMs how far `whose` is ahead of `others` */
export function checkClock(aheadMs: number, { whose, others, cure }: { whose: string; others: string; cure: string }): Finding[] {
  const apart = Math.abs(aheadMs);
  return apart <= SKEW_MS
    ? []
    : [warning({ code: 'clock_skew', what: `${whose} is ${durationOf(apart)} ${aheadMs > 0 ? 'ahead of' : 'behind'} ${others}.`, cure })];
}

export function durationOf(milliseconds: number): string {
  const seconds = Math.round(milliseconds / MILLISECONDS);
  const [size, unit] = [[86_400, 'days'] as const, [3600, 'h'] as const, [60, 'min'] as const].find(([each]) => seconds >= 2 * each) ?? [1, 's'];
  return `${Math.round(seconds / size)} ${unit}`;
}
