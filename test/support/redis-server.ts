import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';

import { eventually } from './eventually.js';
import { freePort } from './processes.js';

/** How to get what the suites on Redis need; stands in the name of each that is skipped. */
export const NO_REDIS = 'needs redis-server: apt-get install redis-server';

/** So that a search for it finds what ever tells it. */
export const REDIS_PASSWORD = 'CanaryRedisPassword00000000006';

/** Debian's redis-server on a port of its own, without persistence: what it is killed with is gone. */
export interface RedisServer {
  /** With the password. */
  readonly url: string;
  readonly port: number;
  /** SIGKILL, as a machine would lose it. */
  kill(): Promise<void>;
  /** Where it was killed: again, empty, at the same address. */
  restart(): Promise<void>;
  /** It is there and says nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
  flush(): Promise<void>;
  /** One command, as anybody may give it. */
  ask(...command: [string, ...string[]]): Promise<unknown>;
  /** Every key and what it holds, as text. */
  dump(): Promise<Map<string, string>>;
  /** Kills it and removes its folder. */
  stop(): Promise<void>;
}

/** Whether this machine has one. */
export function hasRedisServer(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** The shell ends the server when its own input closes: with the test's process, whichever way that ends. */
const GUARD = 'redis-server "$@" >/dev/null & server=$!; echo "$server"; read -r _; kill -9 "$server"';

interface Running {
  readonly guard: ChildProcess;
  readonly pid: number;
}

export async function startRedisServer(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kana-redis-'));
  const port = await freePort();
  const url = `redis://:${REDIS_PASSWORD}@127.0.0.1:${port}`;
  let running: Running | undefined = await run(port, folder, url);
  const signal = (name: NodeJS.Signals): void => void (running === undefined || process.kill(running.pid, name));
  const kill = async (): Promise<void> => {
    const guard = running?.guard;
    signal('SIGKILL');
    running = undefined;
    guard?.stdin?.end();
    await (guard === undefined || guard.exitCode !== null ? undefined : once(guard, 'exit'));
  };
  return {
    url,
    port,
    kill,
    restart: async () => void (running ??= await run(port, folder, url)),
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    flush: async () => void (await withClient(url, (redis) => redis.flushall())),
    ask: (name, ...words) => withClient(url, (redis) => redis.call(name, ...words)),
    dump: () => withClient(url, dumpAll),
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function run(port: number, folder: string, url: string): Promise<Running> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', '--requirepass', REDIS_PASSWORD];
  const guard = spawn('sh', ['-c', GUARD, 'sh', ...settings], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [line] = (await once(guard.stdout, 'data')) as [Buffer];
  await eventually('redis-server', () => withClient(url, (redis) => redis.ping()).then(() => true, () => undefined));
  return { guard, pid: Number(line.toString()) };
}

async function withClient<Result>(url: string, work: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    await (redis.status === 'end' ? undefined : end(redis));
  }
}

async function end(redis: Redis): Promise<void> {
  const ended = once(redis, 'end');
  redis.disconnect();
  await ended;
}

async function dumpAll(redis: Redis): Promise<Map<string, string>> {
  const keys = await redis.keys('*');
  const entries = await Promise.all(keys.map(async (key) => [key, JSON.stringify(await readKey(redis, key))] as const));
  return new Map(entries);
}

async function readKey(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'string':
      return redis.get(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, 0, -1, 'WITHSCORES');
    case 'hash':
      return redis.hgetall(key);
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      // Gone since it was listed.
      return null;
  }
}
