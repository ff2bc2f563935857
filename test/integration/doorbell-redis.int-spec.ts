import { setTimeout as sleep } from 'node:timers/promises';

import { Doorbell, QueueConnection } from '@app/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext, LoggerService } from '@nestjs/common';

import { eventually } from '../support/eventually.js';
import { describeOnRedis } from '../support/queue-backends.js';
import { REDIS_PASSWORD, type RedisServer } from '../support/redis-server.js';
import { HeldProcessor, openQueues } from './held-processor.js';

/** Nobody asks it for anything while the queues are in Redis. */
const NO_DATABASE = 'postgresql://nobody@127.0.0.1:1/none';
const ONE = { connectionId: 'conn_1' } as const;
/** Far more than anything here takes, and far less than what it would take by waiting for a time limit. */
const SHORTLY_MS = 5000;

interface Line {
  level: string;
  message: string;
}

/** What a process logs. */
function notingLogger(lines: Line[]): LoggerService {
  const note = (level: string) => (...parts: unknown[]) => void lines.push({ level, message: parts.filter((part) => typeof part === 'string').join(' | ') });
  return { log: note('log'), warn: note('warn'), error: note('error'), debug: note('debug'), verbose: note('verbose'), fatal: note('fatal') };
}

describeOnRedis('Redis', (backend) => {
  let server: RedisServer;
  let app: INestApplicationContext;
  let lines: Line[];

  beforeEach(async () => {
    server = backend.redis();
    await server.flush();
    lines = [];
  });

  afterEach(async () => {
    app.get(HeldProcessor).letGo();
    await app.close();
  });

  async function open(settings = backend.settings()): Promise<{ doorbell: Doorbell; processor: HeldProcessor; connection: QueueConnection }> {
    app = await openQueues(NO_DATABASE, { ...settings }, { withWorker: true, logger: notingLogger(lines) });
    return { doorbell: app.get(Doorbell), processor: app.get(HeldProcessor), connection: app.get(QueueConnection) };
  }

  const ofQueues = (): string[] => lines.filter(({ message }) => message.endsWith('| Queues')).map(({ level, message }) => `${level}: ${message.split(' | ')[0]}`);

  /** A ring may still be late just after Redis has come back. */
  async function ringsAgain(doorbell: Doorbell): Promise<void> {
    await eventually('a ring', () => doorbell.ring('imports', ONE).then(() => true as const, () => undefined));
  }

  async function closesShortly(): Promise<void> {
    const started = performance.now();
    await app.close();
    expect(performance.now() - started).toBeLessThan(SHORTLY_MS);
  }

  it('refusing commands: the worker asks now and then, not thousands of times', async () => {
    await server.ask('acl', 'setuser', 'default', '-evalsha', '-eval');
    try {
      const { processor } = await open();
      await eventually('a refusal', async () => (processor.errors.length > 0 ? true : undefined));
      const before = processor.errors.length;
      await sleep(1000);
      expect(processor.errors.length - before).toBeLessThan(10);
    } finally {
      await server.ask('acl', 'setuser', 'default', '+@all');
    }
  });

  it('gets one connection from all queues of a process, and one more from each worker', async () => {
    const { doorbell, processor } = await open();
    await doorbell.ring('imports', ONE);
    await processor.steps(2);
    const clients = String(await server.ask('client', 'list')).trim().split('\n').filter((line) => !line.includes('cmd=client'));
    expect(clients).toHaveLength(2);
  });

  it('holds ids and nothing else, and none of them once the ring is answered', async () => {
    const { doorbell, processor } = await open();
    processor.held = true;
    await doorbell.ring('imports', ONE);
    await processor.steps(1);
    const text = JSON.stringify([...(await server.dump())]);
    expect(text.match(/connectionId\W+conn_1/g)).toHaveLength(1);
    processor.letGo();
    await processor.steps(2);
    await eventually('the end of the job', async () => ([...(await server.dump()).keys()].some((key) => /:\d+$|:de:/.test(key)) ? undefined : true));
  });

  describe('killed', () => {
    afterEach(() => server.restart());

    it('is told of in one line, and so is its return, whoever rings or waits meanwhile', async () => {
      const { doorbell, connection } = await open();
      await eventually('the connection', async () => ((await connection.answers()) ? true : undefined));
      await server.kill();
      await eventually('the loss', async () => (connection.isAway ? true : undefined));
      for (let ring = 0; ring < 100; ring += 1) {
        await doorbell.tryToRing('imports', ONE);
      }
      expect(await connection.answers()).toBe(false);
      const back = new Promise<void>((resolve) => doorbell.whenBack(resolve));
      // Time for several attempts of every connection.
      await sleep(1500);
      await server.restart();
      await back;
      expect(ofQueues()).toEqual(['warn: Redis is away: nobody is woken up until it is back, and no work is lost', 'log: Redis is back']);
    });

    it('is told of in that line alone, though a worker may be the first to meet its loss', async () => {
      const { connection } = await open();
      await eventually('the connection', async () => ((await connection.answers()) ? true : undefined));
      server.freeze();
      connection.met(new Error('Connection is closed.'), 'A worker of the queue met an error');
      await server.kill();
      await eventually('the loss', async () => (connection.isAway ? true : undefined));
      expect(ofQueues()).toEqual(['warn: Redis is away: nobody is woken up until it is back, and no work is lost']);
    });

    it('refuses rings at once, and answers them when it is back', async () => {
      const { doorbell, processor, connection } = await open();
      await doorbell.ring('imports', ONE);
      await processor.steps(2);
      await server.kill();
      await eventually('the loss', async () => (connection.isAway ? true : undefined));
      const started = performance.now();
      // A second each, were they to wait.
      for (let ring = 0; ring < 20; ring += 1) {
        await expect(doorbell.ring('imports', ONE)).rejects.toMatchObject({ code: 'queue_unavailable' });
      }
      expect(performance.now() - started).toBeLessThan(SHORTLY_MS);
      await server.restart();
      await eventually('its return', async () => (connection.isAway ? undefined : true));
      await ringsAgain(doorbell);
      await processor.steps(4);
    });

    it('does not keep a worker from ending, whether a job is under way or not', async () => {
      const { doorbell, processor, connection } = await open();
      processor.held = true;
      await doorbell.ring('imports', ONE);
      await processor.steps(1);
      await server.kill();
      await eventually('the loss', async () => (connection.isAway ? true : undefined));
      const closed = closesShortly();
      processor.letGo();
      await closed;
      expect(processor.handled).toEqual(['conn_1']);
    });

    it('before the start: everything starts, ends, and goes on as soon as it is there', async () => {
      await server.kill();
      await open();
      await eventually('the loss', async () => (app.get(QueueConnection).isAway ? true : undefined));
      await closesShortly();
      const { doorbell, processor } = await open();
      await eventually('the loss', async () => (app.get(QueueConnection).isAway ? true : undefined));
      const back = new Promise<void>((resolve) => doorbell.whenBack(resolve));
      await server.restart();
      await back;
      await ringsAgain(doorbell);
      await processor.steps(2);
      expect(ofQueues()).toHaveLength(3);
    });

    it('while a job is under way: the job ends, and the next ring is answered', async () => {
      const { doorbell, processor, connection } = await open();
      processor.held = true;
      await doorbell.ring('imports', ONE);
      await processor.steps(1);
      await server.kill();
      await eventually('the loss', async () => (connection.isAway ? true : undefined));
      processor.letGo();
      await processor.steps(2);
      await server.restart();
      await eventually('its return', async () => (connection.isAway ? undefined : true));
      await ringsAgain(doorbell);
      await processor.steps(4);
    });
  });

  it('emptied while a job is under way: the job ends, and the next rings are answered', async () => {
    const { doorbell, processor } = await open();
    processor.held = true;
    await doorbell.ring('imports', ONE);
    await processor.steps(1);
    await server.flush();
    await doorbell.ring('imports', ONE);
    processor.letGo();
    await processor.steps(4);
    await doorbell.ring('imports', { connectionId: 'conn_2' });
    await processor.steps(6);
    expect(processor.handled).toEqual(['conn_1', 'conn_1', 'conn_2']);
  });

  it('frozen: nobody waits for it longer than a second or two, and it goes on when it thaws', async () => {
    const { doorbell, processor, connection } = await open();
    await doorbell.ring('imports', ONE);
    await processor.steps(2);
    server.freeze();
    try {
      const started = performance.now();
      await expect(Promise.all(Array.from({ length: 50 }, () => doorbell.ring('imports', ONE)))).rejects.toMatchObject({ code: 'queue_unavailable' });
      expect(performance.now() - started).toBeLessThan(SHORTLY_MS);
      expect(await connection.answers()).toBe(false);
    } finally {
      server.thaw();
    }
    await eventually('an answer', async () => ((await connection.answers()) ? true : undefined));
    await ringsAgain(doorbell);
    await processor.steps(4);
  });

  it('that lets nobody in is told of once, by its code and without the password', async () => {
    const { connection } = await open({ REDIS_URL: backend.settings().REDIS_URL?.replace(REDIS_PASSWORD, 'WrongCanaryPassword') ?? '' });
    await eventually('the refusal', async () => (connection.isAway ? true : undefined));
    await sleep(500);
    expect(ofQueues()).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('WrongCanaryPassword');
  });

  it('that may drop wake-ups is told of', async () => {
    await server.ask('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    try {
      await open();
      await eventually('the warning', async () => (ofQueues().some((line) => line.includes('maxmemory-policy to noeviction')) ? true : undefined));
    } finally {
      await server.ask('config', 'set', 'maxmemory-policy', 'noeviction');
    }
  });
});
