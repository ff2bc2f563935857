import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';

import { type BackendFactory, createPostgresBackend, createRedisBackend, type IQueueBackend, isNotConnectionError } from 'bullmq';
import pg from 'pg';

import { SharedRedis } from './shared-redis.js';

const PAUSE_MS = 1000;

/** BullMQ's backend for a connection, whichever it is, so that nothing depends on which one was asked for last. */
export const createBackend: BackendFactory = (name, options, kind) => {
  const { connection } = options;
  if (connection instanceof pg.Pool) {
    return calm(createPostgresBackend(name, { ...options, connection }, kind));
  }
  if (!(connection instanceof SharedRedis)) {
    throw new TypeError(`The queue ${name} was given a connection of its own.`);
  }
  // BullMQ's own check of the version writes to the console, once for every connection.
  const backend = createRedisBackend(name, { ...options, skipVersionCheck: true }, kind);
  const disconnect = backend.disconnectBlocking.bind(backend);
  // A worker does this first when it is told to end, and would wait for an answer that does not come.
  backend.disconnectBlocking = (wait) => {
    connection.leave();
    return disconnect(wait);
  };
  return calm(backend);
};

/**
 * A worker that is refused a job (tables missing, Redis out of memory, a wrong password) asks again at once, thousands of
 * times a second for as long as the reason lasts. Where the connection was lost BullMQ pauses by itself.
 */
function calm<Backend extends IQueueBackend>(backend: Backend): Backend {
  const ask = backend.moveToActive.bind(backend);
  backend.moveToActive = async (token, name) => {
    try {
      const found: unknown[] = await ask(token, name);
      return found;
    } catch (error) {
      if (types.isNativeError(error) && isNotConnectionError(error)) {
        await sleep(PAUSE_MS);
      }
      throw error;
    }
  };
  return backend;
}
