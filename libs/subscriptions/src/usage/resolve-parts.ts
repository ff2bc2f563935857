import type { UsagePeriod } from './period.types.js';

const DAY_MS = 86_400_000;

/** Half open, in PostgreSQL's words; `from` = `to` when there is nothing in it. */
interface Stretch {
  readonly from: string;
  readonly to: string;
}

/** A period as it is added up: whole days in UTC, and what is left of its first and of its last day. */
export interface PeriodParts {
  /** Dates, such as `2026-03-01`; `-infinity` and `infinity` where the period has no bound. */
  readonly days: Stretch;
  /** RFC 3339. */
  readonly head: Stretch;
  readonly tail: Stretch;
}

/** Splits a period so that its total is the sum of whole days and of the records of two days at most, however long it is. */
export function resolveParts({ start, end }: UsagePeriod): PeriodParts {
  const firstMidnight = start === null ? null : Math.ceil(start.getTime() / DAY_MS) * DAY_MS;
  const lastMidnight = end === null ? null : Math.floor(end.getTime() / DAY_MS) * DAY_MS;
  if (start !== null && end !== null && Number(firstMidnight) > Number(lastMidnight)) {
    const day = dayOf(end.getTime());
    return { days: { from: day, to: day }, head: stretch(start.getTime(), end.getTime()), tail: stretch(null, null) };
  }
  return {
    days: { from: firstMidnight === null ? '-infinity' : dayOf(firstMidnight), to: lastMidnight === null ? 'infinity' : dayOf(lastMidnight) },
    head: stretch(start?.getTime() ?? null, firstMidnight),
    tail: stretch(lastMidnight, end?.getTime() ?? null),
  };
}

/** A side without a bound has no partial day: any moment stands for nothing. */
function stretch(from: number | null, to: number | null): Stretch {
  return { from: new Date(from ?? 0).toISOString(), to: new Date(to ?? 0).toISOString() };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
