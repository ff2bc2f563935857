import { findRedisTrouble } from '@app/common';

import { LaunchError } from './launch.errors.js';

/**
 * Tries the given Redis, so that a wrong address is found before anything is started. One that is only away is none.
 *
 * @returns what to tell; undefined = it answers
 * @throws LaunchError with what to do; never with the password
 */
export async function lookForRedis(redisUrl: string): Promise<string | undefined> {
  const trouble = await findRedisTrouble(redisUrl);
  const { hostname, port } = new URL(redisUrl);
  const server = `${hostname}:${port === '' ? 6379 : port}`;
  switch (trouble) {
    case undefined:
      return undefined;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      throw new LaunchError('redis_unreachable', `The host of REDIS_URL, ${hostname}, is not known here. Correct REDIS_URL, or check the network, or leave REDIS_URL out: the queues are then in PostgreSQL.`);
    case 'NOAUTH':
    case 'WRONGPASS':
    case 'NOPERM':
      throw new LaunchError('redis_refused', `Redis at ${server} does not let Kana in (${trouble}). Correct the user and the password in REDIS_URL.`);
    default:
      return `No Redis answers at ${server} (${trouble}). Kana starts all the same, but no import begins until it does.`;
  }
}
