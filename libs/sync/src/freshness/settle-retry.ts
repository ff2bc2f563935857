/**
 * Why an attempt failed. `UNAVAILABLE`: Stripe or the network was away, or refuses the key; says nothing about the event.
 * `BROKEN`: this object cannot be carried over.
 */
export type FailureKind = 'UNAVAILABLE' | 'BROKEN';

const FIRST_DELAY_SECONDS = 5;
const LONGEST_DELAY_SECONDS = 600;
const BROKEN_ATTEMPTS = 8;
/** Three days at the longest delay: as long as Stripe itself goes on. */
const UNAVAILABLE_ATTEMPTS = 440;

/**
 * When an event is tried again: seconds from now, doubling from 5 s to 10 min; null = never by itself any more (rule Y4).
 *
 * @param attempts those made, this one included
 */
export function settleRetry(kind: FailureKind, attempts: number): number | null {
  const most = kind === 'BROKEN' ? BROKEN_ATTEMPTS : UNAVAILABLE_ATTEMPTS;
  return attempts >= most ? null : Math.min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** (attempts - 1));
}
