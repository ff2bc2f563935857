import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { Logger, LoggerModule, type Params } from 'nestjs-pino';
import { stdTimeFunctions } from 'pino';

import { type Env } from '../env.js';
import { describeError } from './describe-error.js';
import { LogContext } from './log-context.js';
import { logStream } from './log-stream.js';

/**
 * Structured logs for a process: JSON lines on standard output. Code logs through Nest's own `Logger`; fields such as the
 * request's or the run's id come from the `LogContext` that the work runs in.
 */
@Module({})
export class LoggingModule {
  static forRoot(env: Env): DynamicModule {
    return {
      module: LoggingModule,
      global: true,
      imports: [LoggerModule.forRoot(paramsOf(env))],
      providers: [LogContext],
      exports: [LogContext],
    };
  }
}

/** Sends what Nest and our code log through the structured logs. */
export function useStructuredLogs(app: INestApplicationContext): void {
  app.useLogger(app.get(Logger));
}

function paramsOf(env: Env): Params {
  return {
    pinoHttp: [
      {
        level: env.logLevel,
        base: { pid: process.pid },
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label: string) => ({ level: label }) },
        serializers: { err: describeError },
        wrapSerializers: false,
        redact: { paths: ['authorization', '*.authorization', '*.*.authorization'], censor: '[redacted]' },
      },
      logStream(env),
    ],
    // No middleware: it would log addresses with personal ids in them. The api logs each answer by its route.
    forRoutes: [],
  };
}
