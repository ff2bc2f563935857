import { ACCOUNT_START, DAY, HOUR, monthsAfter, NOW } from './periods.js';
import type { Random } from './random.js';

/** Of a hundred subscriptions, so many were made in the one second in which the company migrated to Stripe. */
const MIGRATED_PERCENT = 12;
const MIGRATION = Date.UTC(2024, 2, 1, 3) / 1000;

/** How an account came to its subscriptions: by growth, evenly over ten years, or all in one second. */
export type CreatedShape = 'grown' | 'spread' | 'one-second';

const SPREAD_START = monthsAfter(NOW, -120);
const NEWEST = NOW - 2 * HOUR;

/** So many creation times of that shape, oldest first. */
export function creationTimes(count: number, random: Random, shape: CreatedShape): number[] {
  if (shape === 'grown') return grownTimes(count, random);
  if (shape === 'one-second') return Array.from({ length: count }, () => MIGRATION);
  return Array.from({ length: count }, (_, index) => SPREAD_START + Math.floor(((NEWEST - SPREAD_START) * index) / count));
}

/**
 * So many creation times, oldest first: over three years, more of them towards the end, with one second that holds
 * more than a page of a larger account and a few seconds that several share.
 */
function grownTimes(count: number, random: Random): number[] {
  const span = NEWEST - ACCOUNT_START;
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

/** The second by which that share of a large account's subscriptions had been created, in that shape. */
export function timeAt(share: number, shape: CreatedShape): number {
  if (shape === 'one-second') return MIGRATION;
  if (shape === 'spread') return SPREAD_START + Math.floor((NEWEST - SPREAD_START) * share);
  const span = NEWEST - ACCOUNT_START;
  const migrated = MIGRATED_PERCENT / 100;
  const before = (1 - migrated) * ((MIGRATION - ACCOUNT_START) / span) ** 2;
  if (share >= before && share < before + migrated) return MIGRATION;
  const grown = share < before ? share : share - migrated;
  return ACCOUNT_START + Math.floor(span * Math.sqrt(grown / (1 - migrated)));
}

/** When the customer of a subscription came: up to a week before, often in the same second; not before `earliest`. */
export function customerTime(subscribed: number, random: Random, earliest = ACCOUNT_START): number {
  return random.chance(0.4) ? subscribed : Math.max(Math.min(earliest, subscribed), subscribed - random.below(7 * DAY));
}
