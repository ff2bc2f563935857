import { MikroORM, PostgreSqlConnection } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { Gauge } from 'prom-client';

import { QueuePool } from '../queues/queue-pool.js';
import { Metrics } from './metrics.js';

/** What `pg` tells of a pool. */
interface PoolCounts {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** How many connections to PostgreSQL this process holds, and how many of its callers wait for one. */
@Injectable()
export class PoolMetrics {
  private readonly connections: Gauge<'pool' | 'state'>;

  constructor(
    metrics: Metrics,
    private readonly orm: MikroORM,
    private readonly queues: QueuePool,
  ) {
    this.connections = metrics.gauge({
      name: 'database_connections',
      help: 'Connections to PostgreSQL by pool and state; waiting = callers that wait for one.',
      labels: ['pool', 'state'],
    });
  }

  async refresh(): Promise<void> {
    const connection = this.orm.em.getConnection();
    if (connection instanceof PostgreSqlConnection) {
      this.set('main', await connection.getNativeClient());
    }
    this.set('queues', this.queues.pool);
  }

  private set(pool: string, { totalCount, idleCount, waitingCount }: PoolCounts): void {
    this.connections.set({ pool, state: 'in_use' }, totalCount - idleCount);
    this.connections.set({ pool, state: 'idle' }, idleCount);
    this.connections.set({ pool, state: 'waiting' }, waitingCount);
  }
}
