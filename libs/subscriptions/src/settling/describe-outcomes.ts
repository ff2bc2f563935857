import { isDeepStrictEqual } from 'node:util';

import type { EventOutcome, OpenEvent } from '@app/sync';

import { resolveLead } from './resolve-lead.js';

/** What became of an object. */
export interface ObjectOutcome {
  readonly changed: boolean;
  /** Why something of it waits, or what Stripe said of it; null = nothing to say. */
  readonly reason: string | null;
  readonly before: object | null;
  readonly after: object | null;
}

/**
 * Tells of each event that settled an object what came of it: the one that served, or else the leading one, brought the change;
 * others told the same, or something older.
 *
 * @param servedBy the event whose body was taken; null = Stripe was read
 */
export function describeOutcomes(events: readonly OpenEvent[], servedBy: string | null, outcome: ObjectOutcome): EventOutcome[] {
  const lead = events.find(({ id }) => id === servedBy) ?? resolveLead(events);
  return events.map((event): EventOutcome => {
    if (event === lead) {
      return outcome.changed
        ? { id: event.id, result: 'APPLIED', reason: outcome.reason, before: outcome.before, after: outcome.after }
        : { id: event.id, result: 'NO_CHANGE', reason: outcome.reason };
    }
    return lead !== undefined && tellsTheSame(event, lead)
      ? { id: event.id, result: 'DUPLICATE', reason: 'SAME_AS_ANOTHER_EVENT' }
      : { id: event.id, result: 'STALE', reason: 'SUPERSEDED' };
  });
}

function tellsTheSame(one: OpenEvent, other: OpenEvent): boolean {
  return one.type === other.type && one.created === other.created && one.body !== null && isDeepStrictEqual(one.body, other.body);
}
