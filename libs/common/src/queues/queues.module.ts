import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import { Queue, setDefaultBackendFactory } from 'bullmq';

import type { Env } from '../env.js';
import { Doorbell } from './doorbell.js';
import { PostgresQueues } from './postgres-queues.js';
import { createBackend } from './queue-backend.js';
import { QueueConnection } from './queue-connection.js';
import { QUEUE_NAMES } from './queues.js';
import { RedisQueues } from './redis-queues.js';

/** The connection tells of its errors; each queue tells of the same ones again, from its first moment on. */
class QuietQueue extends Queue {
  constructor(...parameters: ConstructorParameters<typeof Queue>) {
    super(...parameters);
    this.on('error', () => undefined);
  }
}

/**
 * The queues of a process, on PostgreSQL, or on Redis where `REDIS_URL` is set. Import it after `MikroOrmModule`: what is
 * imported later shuts down earlier, and a job that is still being finished needs the database.
 */
@Module({})
export class QueuesModule {
  static forRoot(databaseUrl: string, { redisUrl }: Pick<Env, 'redisUrl'>): DynamicModule {
    setDefaultBackendFactory(createBackend);
    BullModule.queueClass = QuietQueue;
    const open = (): QueueConnection => (redisUrl === undefined ? new PostgresQueues(databaseUrl) : new RedisQueues(redisUrl));
    return {
      module: QueuesModule,
      global: true,
      imports: [
        BullModule.forRootAsync({ inject: [QueueConnection], useFactory: ({ shared }: QueueConnection) => ({ connection: shared }) }),
        BullModule.registerQueue(...QUEUE_NAMES.map((name) => ({ name }))),
      ],
      providers: [{ provide: QueueConnection, useFactory: open }, Doorbell],
      exports: [QueueConnection, Doorbell],
    };
  }
}
