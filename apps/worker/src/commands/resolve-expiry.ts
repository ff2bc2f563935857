import type { CommandError } from '@app/sync';

/** What was wanted longer ago than this, and could not be sent, is not sent unasked. */
export const LONGEST_WAIT_SECONDS = 24 * 3600;

/**
 * Decides whether a command that was never sent comes too late: what was wanted before an account was away for long may not be
 * wanted any more, and whoever asked has long looked elsewhere. What was sent once has a time of its own, that of its key.
 */
export function resolveExpiry(askedSecondsAgo: number): CommandError | null {
  return askedSecondsAgo < LONGEST_WAIT_SECONDS ? null : EXPIRED;
}

const EXPIRED: CommandError = {
  code: 'COMMAND_EXPIRED',
  detail: 'It could not be sent for a day, and was not sent: what was wanted then may not be wanted now. Try it again if it is.',
  stripeRequestId: null,
  status: null,
};
