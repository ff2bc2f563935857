import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import { type ConnectionOptions, createPostgresBackend, setDefaultBackendFactory } from 'bullmq';

import { Doorbell } from './doorbell.js';
import { QueuePool } from './queue-pool.js';
import { QUEUE_NAMES } from './queues.js';

/**
 * The queues of a process, on PostgreSQL. Import it after `MikroOrmModule`: what is imported later shuts down earlier,
 * and a job that is still being finished needs the database.
 */
@Module({})
export class QueuesModule {
  static forRoot(databaseUrl: string): DynamicModule {
    setDefaultBackendFactory(createPostgresBackend);
    return {
      module: QueuesModule,
      global: true,
      imports: [
        BullModule.forRootAsync({ inject: [QueuePool], useFactory: (pool: QueuePool) => ({ connection: connectionOf(pool) }) }),
        BullModule.registerQueue(...QUEUE_NAMES.map((name) => ({ name }))),
      ],
      providers: [{ provide: QueuePool, useFactory: () => new QueuePool(databaseUrl) }, Doorbell],
      exports: [QueuePool, Doorbell],
    };
  }
}

/** Nest's types of a connection know Redis only; the backend takes a pool. */
function connectionOf(pool: QueuePool): ConnectionOptions {
  return pool.pool;
}
