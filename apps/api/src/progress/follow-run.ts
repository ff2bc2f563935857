import { createHash } from 'node:crypto';

import type { MessageEvent } from '@nestjs/common';
import { concat, concatMap, distinctUntilChanged, interval, map, merge, type Observable, of, takeUntil, takeWhile, timer } from 'rxjs';

import type { ImportDto } from '../imports/import.dto.js';

/** As much of a run as following it takes. */
export type FollowedRun = Pick<ImportDto, 'status' | 'progress'>;

const HEARTBEAT_MS = 15_000;
/** Then a listener connects again, and shows its key anew. */
const LONGEST_MS = 3_600_000;
const ENDED: ReadonlySet<FollowedRun['status']> = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);

/**
 * A run as server-sent events: `progress` at once and at each change, `end` once it has ended, each with the whole run; a
 * comment every 15 s meanwhile, so that no proxy takes the connection for dead.
 *
 * @param later how it is afterwards, read again and again
 */
export function followRun(first: FollowedRun, later: Observable<FollowedRun>): Observable<MessageEvent> {
  const told = concat(of(first), later).pipe(
    map((run) => ({ run, id: stateOf(run) })),
    distinctUntilChanged((before, after) => before.id === after.id),
    concatMap(({ run, id }) => [{ type: 'progress', id, data: run }, ...(ENDED.has(run.status) ? [{ type: 'end', id, data: run }] : [])]),
  );
  const heartbeats = interval(HEARTBEAT_MS).pipe(map(() => ({ comment: 'alive' })));
  return merge(told, heartbeats).pipe(
    takeWhile((event: MessageEvent) => event.type !== 'end', true),
    takeUntil(timer(LONGEST_MS)),
  );
}

/** The same for the same state. Rate and remaining time follow the clock, also where nothing happens. */
function stateOf({ progress, ...run }: FollowedRun): string {
  return createHash('sha256').update(JSON.stringify([run, progress.percent])).digest('hex').slice(0, 16);
}
