const DAY_SECONDS = 86_400;
/** Of Stripe's 25 reads a second and endpoint: the rest is for what somebody waits for. */
const MOST_A_SECOND = 2;
/** After a longer time without a look nothing is made up for. */
const LONGEST_SECONDS = 600;

/**
 * How many live subscriptions are looked at now, so that all of them are once a day: up to 172,800 of them. In larger accounts
 * a round takes longer.
 *
 * @param seconds since the last look
 */
export function resolveSampleSize(liveSubscriptions: number, seconds: number): number {
  const since = Math.min(seconds, LONGEST_SECONDS);
  return Math.min(liveSubscriptions, Math.ceil((liveSubscriptions * since) / DAY_SECONDS), Math.floor(MOST_A_SECOND * since));
}
