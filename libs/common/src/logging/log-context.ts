import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';

/** Fields that every log line of a piece of work carries: `{ requestId }`, `{ runId }`. Ids only, never personal data. */
export type LogFields = Readonly<Record<string, string | number>>;

/** Runs work so that all it logs, however deep, carries the given fields. */
@Injectable()
export class LogContext {
  constructor(private readonly logger: PinoLogger) {}

  run<Result>(fields: LogFields, work: () => Result): Result {
    return this.logger.runInContext(work, { bindings: { ...fields }, inherit: true });
  }
}
