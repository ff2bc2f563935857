import { describeError, exitWithParent, KanaError, type Lifeline, loadEnv, redactText } from '@app/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { createApi } from './create-api.js';
import { isDatabaseAway } from './http/database-away.js';

let app: NestFastifyApplication | undefined;

const lifeline = exitWithParent(async () => app?.close());

try {
  const env = loadEnv();
  app = await createApi(env);
  await app.listen(env.port, env.host);
  lifeline.ready({ url: `http://${env.host}:${env.port}` });
} catch (error) {
  await giveUp(lifeline, error);
}

/** One sentence that says what to do, and exit code 1. */
async function giveUp(told: Lifeline, error: unknown): Promise<never> {
  const sentence = sentenceOf(error);
  process.stderr.write(`${sentence}\n`);
  return told.fail(sentence);
}

function sentenceOf(error: unknown): string {
  if (error instanceof KanaError) {
    return error.message;
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const port = 'port' in error ? ` ${String(error.port)}` : '';
    return `Port${port} is taken by another program. Stop that one, or choose another with PORT.`;
  }
  if (error instanceof Error && 'code' in error && (error.code === 'EADDRNOTAVAIL' || error.code === 'EACCES')) {
    return 'The api cannot listen on this address. Check HOST and PORT.';
  }
  if (isDatabaseAway(error)) {
    return 'The database cannot be reached. Check DATABASE_URL, and that PostgreSQL is running.';
  }
  const { stack, message } = describeError(error);
  return `The api could not start: ${redactText(stack ?? message)}`;
}
