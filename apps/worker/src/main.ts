import { type INestApplicationContext, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { describeError, exitWithParent, KanaError, loadEnv, redactText, useStructuredLogs } from '@app/common';

import { WorkerModule } from './worker.module.js';
import { yieldProcessor } from './yield-processor.js';

let app: INestApplicationContext | undefined;

const lifeline = exitWithParent(async () => app?.close());

try {
  const env = loadEnv();
  if (env.databaseUrl === undefined) {
    throw new KanaError('INVALID', 'database_url_missing', 'DATABASE_URL is missing. Start everything with `npm start`, or give the address of a PostgreSQL.');
  }
  const refusal = yieldProcessor(env.workerNiceness);
  app = await NestFactory.createApplicationContext(WorkerModule.forRoot(env, env.databaseUrl), { bufferLogs: true, abortOnError: false });
  useStructuredLogs(app);
  if (refusal !== null) {
    new Logger('Worker').warn({ refusal }, 'The worker cannot stand back for others: checks may be slow beside an import');
  }
  lifeline.ready();
} catch (error) {
  const sentence = sentenceOf(error);
  process.stderr.write(`${sentence}\n`);
  await lifeline.fail(sentence);
}

function sentenceOf(error: unknown): string {
  if (error instanceof KanaError) {
    return error.message;
  }
  const { code, stack, message } = describeError(error);
  return code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL' || code === 'EACCES'
    ? `The worker cannot listen at WORKER_HEALTH_PORT (${code}). Choose another port, or check HOST.`
    : `The worker could not start: ${redactText(stack ?? message)}`;
}
