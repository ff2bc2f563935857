import { MikroORM, PostgreSqlConnection } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { Gauge } from 'prom-client';

import { QueueConnection } from '../queues/queue-connection.js';
import { Metrics } from './metrics.js';

/** What `pg` tells of a pool. */
interface PoolCounts {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** How many connections to PostgreSQL this process holds, how many of its callers wait for one, and whether its queues answer. */
@Injectable()
export class PoolMetrics {
  private readonly connections: Gauge<'pool' | 'state'>;
  private readonly available: Gauge<'backend'>;

  constructor(
    metrics: Metrics,
    private readonly orm: MikroORM,
    private readonly queues: QueueConnection,
  ) {
    this.connections = metrics.gauge({
      name: 'database_connections',
      help: 'Connections to PostgreSQL by pool and state; waiting = callers that wait for one.',
      labels: ['pool', 'state'],
    });
    this.available = metrics.gauge({ name: 'queue_available', help: '1 while wake-ups go through, 0 while the queues are away.', labels: ['backend'] });
  }

  async refresh(): Promise<void> {
    const connection = this.orm.em.getConnection();
    if (connection instanceof PostgreSqlConnection) {
      this.set('main', await connection.getNativeClient());
    }
    if (this.queues.pool !== undefined) {
      this.set('queues', this.queues.pool);
    }
    this.available.set({ backend: this.queues.backend }, (await this.queues.answers()) ? 1 : 0);
  }

  private set(pool: string, { totalCount, idleCount, waitingCount }: PoolCounts): void {
    this.connections.set({ pool, state: 'in_use' }, totalCount - idleCount);
    this.connections.set({ pool, state: 'idle' }, idleCount);
    this.connections.set({ pool, state: 'waiting' }, waitingCount);
  }
}
