import type { EntityManager } from '@mikro-orm/postgresql';

import type { Clock } from './clock.js';
import { sqlRows } from './sql.js';

/** A moment, as well as it is known, in milliseconds. */
export interface Moment {
  readonly from: number;
  readonly to: number;
}

/**
 * How far our clock surely is ahead of another, in ms; negative = behind. What the way there and back, or a time told in
 * whole seconds, can explain counts for nothing.
 *
 * @param ours between asking and being answered
 * @param theirs what the other told
 */
export function clockAhead(ours: Moment, theirs: Moment): number {
  return ours.from > theirs.to ? ours.from - theirs.to : Math.min(0, ours.to - theirs.from);
}

/** Likewise of a clock that is told as HTTP tells it, in a `Date`; 0 where there is none to be read. */
export function clockAheadOfDate(ours: Moment, date: string | null): number {
  const from = Date.parse(date ?? '');
  return Number.isNaN(from) ? 0 : clockAhead(ours, { from, to: from + 999 });
}

/** How far this process's clock is from the database's, which all processes share; and what time it is there, in ms. */
export async function askDatabaseClock(em: EntityManager, clock: Clock): Promise<{ now: number; aheadMs: number }> {
  const from = clock.now().getTime();
  const [row] = await sqlRows<{ now: string }>(em, `select floor(extract(epoch from clock_timestamp()) * 1000) as now`);
  const to = clock.now().getTime();
  const now = Number(row?.now);
  return { now, aheadMs: clockAhead({ from, to }, { from: now, to: now + 1 }) };
}
