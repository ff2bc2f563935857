import type { OpenEvent } from '@app/sync';

/**
 * The event that is told to have brought what a reading shows: the newest, of several in one second any. An echo only where
 * there is nothing else: what its command did is in the row, so that what differs was done by somebody else.
 */
export function resolveLead(events: readonly OpenEvent[]): OpenEvent | undefined {
  const others = events.filter(({ isEcho }) => isEcho !== true);
  return (others.length === 0 ? events : others).toSorted((one, other) => other.created - one.created)[0];
}
