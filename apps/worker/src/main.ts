import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { exitWithParent, KanaError, loadEnv, useStructuredLogs } from '@app/common';

import { WorkerModule } from './worker.module.js';

let app: INestApplicationContext | undefined;

const lifeline = exitWithParent(async () => app?.close());

try {
  const env = loadEnv();
  if (env.databaseUrl === undefined) {
    throw new KanaError('INVALID', 'database_url_missing', 'DATABASE_URL is missing. Start everything with `npm start`, or give the address of a PostgreSQL.');
  }
  app = await NestFactory.createApplicationContext(WorkerModule.forRoot(env, env.databaseUrl), { bufferLogs: true, abortOnError: false });
  useStructuredLogs(app);
  lifeline.ready();
} catch (error) {
  const sentence = error instanceof KanaError ? error.message : `The worker could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  process.stderr.write(`${sentence}\n`);
  await lifeline.fail(sentence);
}
