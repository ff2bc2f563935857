import { types } from 'node:util';

import { Redis } from 'ioredis';

const PATIENCE_MS = 3000;

/**
 * Tries the address once.
 *
 * @returns what is the matter: a code of the network (`ECONNREFUSED`), or Redis's own (`WRONGPASS`, `NOAUTH`);
 * undefined = it answers
 */
export async function findRedisTrouble(url: string): Promise<string | undefined> {
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: PATIENCE_MS, commandTimeout: PATIENCE_MS, retryStrategy: () => null });
  let first: Error | undefined;
  redis.on('error', (error) => (first ??= error));
  try {
    await redis.connect();
    await redis.ping();
    return undefined;
  } catch (error) {
    return codeOf(first ?? error);
  } finally {
    redis.disconnect();
  }
}

function codeOf(error: unknown): string {
  if (!types.isNativeError(error)) {
    return 'no answer';
  }
  if (error.name === 'ReplyError') {
    // Redis's protocol: the first word of a refusal is its code.
    return /^[A-Z]+/.exec(error.message)?.[0] ?? 'ERR';
  }
  return 'code' in error ? String(error.code) : 'no answer';
}
