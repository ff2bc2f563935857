import { ACCOUNT_START, DAY, HOUR, NOW } from './periods.js';
import type { Random } from './random.js';

/** Of a hundred subscriptions, so many were made in the one second in which the company migrated to Stripe. */
const MIGRATED_PERCENT = 12;
const MIGRATION = Date.UTC(2024, 2, 1, 3) / 1000;

/**
 * So many creation times, oldest first: over three years, more of them towards the end, with one second that holds
 * more than a page of a larger account and a few seconds that several share.
 */
export function creationTimes(count: number, random: Random): number[] {
  const span = NOW - 2 * HOUR - ACCOUNT_START;
  const migrated = Math.floor((count * MIGRATED_PERCENT) / 100);
  const times: number[] = Array.from({ length: migrated }, () => MIGRATION);
  while (times.length < count) {
    const share = Math.sqrt(random.below(1_000_000) / 1_000_000);
    const time = ACCOUNT_START + Math.floor(span * share);
    const together = random.chance(0.02) ? 2 + random.below(5) : 1;
    for (let copy = 0; copy < together && times.length < count; copy += 1) times.push(time);
  }
  return times.sort((a, b) => a - b);
}

/** When the customer of a subscription came: up to a week before, often in the same second. */
export function customerTime(subscribed: number, random: Random): number {
  return random.chance(0.4) ? subscribed : Math.max(ACCOUNT_START, subscribed - random.below(7 * DAY));
}
