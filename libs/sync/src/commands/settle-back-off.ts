const LONGEST_SECONDS = 60;

/** When a command is tried again: seconds from now, doubling from 1 to 60. @param attempts those made, this one included */
export function settleBackOff(attempts: number): number {
  return Math.min(LONGEST_SECONDS, 2 ** (attempts - 1));
}
