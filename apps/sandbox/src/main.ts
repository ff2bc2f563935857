import { randomUUID } from 'node:crypto';
import { EnvError, exitWithParent, loadEnv } from '@app/common';
import type { Env } from '@app/common';
import { LARGEST_WHOLE } from './account/generate.js';
import { startSandbox } from './sandbox.js';
import type { Sandbox } from './sandbox.js';

let sandbox: Sandbox | undefined;
const lifeline = exitWithParent(async () => sandbox?.close());

try {
  const env = loadEnv();
  sandbox = await start(env);
  if (env.sandboxSubscriptions <= LARGEST_WHOLE) {
    // The account is generated as of a day; what has fallen due since then happens before anybody looks.
    sandbox.clock.advance(0);
  }
  report(`The Stripe sandbox (${env.sandboxSubscriptions} subscriptions) listens on ${sandbox.url}`);
  lifeline.ready({ url: sandbox.url, accountId: sandbox.accountId });
} catch (error) {
  const sentence = failureSentence(error);
  report(sentence);
  await lifeline.fail(sentence);
}

function start(env: Env): Promise<Sandbox> {
  return startSandbox({
    host: env.host,
    port: env.sandboxPort,
    subscriptions: env.sandboxSubscriptions,
    seed: env.sandboxSeed,
    // What was made before a restart is gone here, and known to whoever was told of it: its ids must not come again.
    idSeed: randomUUID(),
    created: env.sandboxCreated,
  });
}

/** A launcher says for its children what is to be said. */
function report(sentence: string): void {
  if (process.send === undefined) process.stderr.write(`${sentence}\n`);
}

function failureSentence(error: unknown): string {
  if (error instanceof EnvError) return error.message;
  if (hasCode(error, 'EADDRINUSE')) {
    return 'The Stripe sandbox cannot start because its port is taken; set SANDBOX_PORT to a free one.';
  }
  return `The Stripe sandbox cannot start: ${String(error)}`;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
