import { type EventFailure, laneKey, type LaneLease, type ObjectKey, type OpenEvent } from '@app/sync';

import type { FoundObject, ObjectReading } from './readings.js';
import type { ReadingsApplied } from './readings-applied.js';

/** An object that Stripe is to be asked for, held until it was. */
export interface PendingReading {
  readonly lease: LaneLease;
  readonly events: readonly OpenEvent[];
}

/** How asking Stripe ended. */
export type ReadingResult =
  | { readonly pending: PendingReading; readonly found: FoundObject | null; readonly bounds: ObjectReading['bounds'] }
  | { readonly pending: PendingReading; readonly failure: Pick<EventFailure, 'kind' | 'error'> };

/** Whether something went wrong that may need a human. */
export interface Troubled {
  /** Objects whose events are put off, or given up. */
  readonly troubled: number;
}

/** What became of readings whose leases stood. */
export interface Completed extends ReadingsApplied, Troubled {
  /** Carried over, or as they should be. */
  readonly settled: readonly ObjectKey[];
  /** What would take access, and was kept back. */
  readonly held: readonly HeldReading[];
  /** What cannot be carried over. */
  readonly failed: readonly RefusedReading[];
}

export interface HeldReading {
  readonly object: ObjectKey;
  readonly isGone: boolean;
  readonly losingKeys: readonly string[];
}

/** A reading that cannot be stored, and why. */
export interface RefusedReading {
  readonly object: ObjectKey;
  readonly problem: string;
}

/** What was applied, object by object where one broke the others. */
export interface SafelyApplied extends ReadingsApplied {
  readonly refused: readonly RefusedReading[];
}

/** Tells object by object what became of it. */
export function completionOf(results: readonly ReadingResult[], { refused, ...applied }: SafelyApplied): Completed {
  const losing = new Map(applied.batches.flatMap(({ held }) => held.map(({ stripeSubscriptionId, losingKeys }) => [stripeSubscriptionId, losingKeys])));
  const isRefused = new Set(refused.map(({ object }) => laneKey(object)));
  const settled: ObjectKey[] = [];
  const held: HeldReading[] = [];
  const failed = [...refused];
  for (const result of results) {
    const { object } = result.pending.lease;
    const losingKeys = object.type === 'SUBSCRIPTION' ? losing.get(object.id) : undefined;
    if ('failure' in result) {
      failed.push(...(result.failure.kind === 'BROKEN' ? [{ object, problem: result.failure.error.detail }] : []));
    } else if (losingKeys !== undefined) {
      held.push({ object, isGone: result.found === null, losingKeys });
    } else if (!isRefused.has(laneKey(object))) {
      settled.push(object);
    }
  }
  const unread = results.filter((result) => 'failure' in result).length;
  return { ...applied, settled, held, failed, troubled: refused.length + unread };
}
