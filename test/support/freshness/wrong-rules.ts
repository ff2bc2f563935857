import type { Settlement } from '@app/sync';

import type { Version } from './draw-history.js';
import { FRESHNESS, type Rule } from './replay-history.js';

/** A gate on the event's time alone: what is later is written, what is not is dropped. */
function gate(isLater: (created: number, before: number) => boolean): Rule {
  return {
    ...FRESHNESS,
    settle: (row, events): Settlement<Version> => {
      const next = events.toSorted((one, other) => one.created - other.created).findLast(({ body }) => body !== null);
      if (next?.body && isLater(next.created, row.bounds.to)) {
        return { stale: [], next: { kind: 'PAYLOAD', eventId: next.id, body: next.body, bounds: { from: next.created, to: next.created } } };
      }
      return next === undefined && events.length > 0 ? { stale: [], next: { kind: 'READ' } } : { stale: events.map(({ id }) => id), next: { kind: 'NOTHING' } };
    },
  };
}

/** Rules that other products have used, or that one might think would do. Each must be caught. */
export const WRONG_RULES: Readonly<Record<string, Rule>> = {
  'a gate that takes what is later': gate((created, before) => created > before),
  'a gate that takes what is not earlier': gate((created, before) => created >= before),
  'a read for every event, none waiting for another': {
    ...FRESHNESS,
    oneAtATime: false,
    settle: (_row, events) => ({ stale: [], next: events.length === 0 ? { kind: 'NOTHING' } : { kind: 'READ' } }),
    page: () => 'WRITE',
  },
  'a read that is dated by its answer': {
    ...FRESHNESS,
    span: (_sentAt, answeredAt) => ({ from: Math.floor(answeredAt / 1000), to: Math.floor(answeredAt / 1000) }),
  },
};
