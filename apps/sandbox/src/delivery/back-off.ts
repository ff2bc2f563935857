const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long Stripe waits after the n-th failed attempt, until three days have passed. */
const WAITS = [5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR];

/** Milliseconds to wait after so many failed attempts; undefined when that was the last one. */
export function waitAfter(attempts: number, timeScale: number): number | undefined {
  const wait = WAITS[attempts - 1];
  return wait === undefined ? undefined : wait * timeScale;
}
