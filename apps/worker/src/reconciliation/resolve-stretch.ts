import type { CoveredStretch } from '@app/subscriptions';
import type { CreatedStretch } from '@app/sync';

/** Where a range of a list had come to before this page. */
export interface StretchStart extends CreatedStretch {
  readonly lastCreatedAt: string | null;
  /** The objects met in that second. */
  readonly metLast: readonly string[];
}

/** A page of a list, newest first. */
export interface StretchPage {
  readonly listed: readonly { readonly id: string; readonly createdAt: string | null }[];
  readonly unreadable: readonly { readonly id: string }[];
  readonly lastCreatedAt: string | null;
  readonly hasMore: boolean;
  readonly span: { readonly hi: number };
}

const SECOND_MS = 1000;

/**
 * The stretch of `created` of which this page, with those before, has shown everything. A list knows no order within a
 * second, and a page may end in the middle of one: that second counts with the next page. What was certainly made
 * after the first page was read is in no page, and is not asked about; what only may have been is: asking does no harm.
 */
export function resolveStretch(start: StretchStart, page: StretchPage): CoveredStretch {
  return {
    through: start.lastCreatedAt ?? timeOf(start.before === null ? page.span.hi : start.before - 1),
    after: page.hasMore ? page.lastCreatedAt : start.from === null ? null : timeOf(start.from - 1),
    met: [...start.metLast, ...idsOf(page.listed), ...idsOf(page.unreadable)],
  };
}

/** The objects met in the second in which this page ends. */
export function resolveMetLast(start: StretchStart, { listed, unreadable, lastCreatedAt }: StretchPage): string[] {
  if (lastCreatedAt === null) {
    return [...start.metLast];
  }
  const before = start.lastCreatedAt === lastCreatedAt ? start.metLast : [];
  // Of what cannot be read the time is not known, either.
  return [...new Set([...before, ...idsOf(listed.filter(({ createdAt }) => createdAt === lastCreatedAt)), ...idsOf(unreadable)])];
}

function timeOf(second: number): string {
  return new Date(second * SECOND_MS).toISOString();
}

function idsOf(objects: readonly { readonly id: string }[]): string[] {
  return objects.map(({ id }) => id);
}
