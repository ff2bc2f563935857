import { KanaError } from '@app/common';
import { MikroORM, RequestContext } from '@mikro-orm/postgresql';
import { Injectable, Logger, type OnModuleDestroy, type StreamableFile } from '@nestjs/common';
import { catchError, defer, EMPTY, exhaustMap, finalize, type Observable, ReplaySubject, share, takeUntil, timer } from 'rxjs';

import { eventStream } from './event-stream.js';
import { type FollowedRun, followRun } from './follow-run.js';

const BEAT_MS = 500;

/** Lets callers follow runs: each is read twice a second at most, however many listen, and not at all when nobody does. */
@Injectable()
export class RunProgress implements OnModuleDestroy {
  private readonly logger = new Logger(RunProgress.name);
  private readonly readings = new Map<string, Observable<FollowedRun>>();
  /** Told to those, too, who come while the server closes. */
  private readonly closing = new ReplaySubject<void>(1);

  constructor(private readonly orm: MikroORM) {}

  /** Before the server waits for its answers to end: these would not. */
  onModuleDestroy(): void {
    this.closing.next();
  }

  /** @throws what `read` throws: an unknown run is answered like any other request */
  async follow(id: string, read: () => Promise<FollowedRun>): Promise<StreamableFile> {
    const first = await read();
    return eventStream(followRun(first, defer(() => this.readingsOf(id, read))).pipe(takeUntil(this.closing)));
  }

  private readingsOf(id: string, read: () => Promise<FollowedRun>): Observable<FollowedRun> {
    const known = this.readings.get(id);
    if (known !== undefined) {
      return known;
    }
    const readings = timer(BEAT_MS, BEAT_MS).pipe(
      exhaustMap(() => this.readAnew(read)),
      finalize(() => this.readings.delete(id)),
      share(),
    );
    this.readings.set(id, readings);
    return readings;
  }

  /** A database that is away for a while ends nobody's listening. */
  private readAnew(read: () => Promise<FollowedRun>): Observable<FollowedRun> {
    return defer(() => RequestContext.create(this.orm.em, read)).pipe(
      catchError((error: unknown) => {
        if (error instanceof KanaError && error.kind === 'NOT_FOUND') {
          throw error;
        }
        this.logger.warn({ err: error }, 'A run that is followed could not be read');
        return EMPTY;
      }),
    );
  }
}
