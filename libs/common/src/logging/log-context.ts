import { AsyncLocalStorage } from 'node:async_hooks';

import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';

/** Fields that every log line of a piece of work carries: `{ requestId }`, `{ runId }`. Ids only, never personal data. */
export type LogFields = Readonly<Record<string, string | number>>;

/** Runs work so that all it logs, however deep, carries the given fields beside those of the work around it. */
@Injectable()
export class LogContext {
  private readonly around = new AsyncLocalStorage<LogFields>();

  constructor(private readonly logger: PinoLogger) {}

  run<Result>(fields: LogFields, work: () => Result): Result {
    const all = { ...this.around.getStore(), ...fields };
    return this.around.run(all, () => this.logger.runInContext(work, { bindings: all }));
  }
}
