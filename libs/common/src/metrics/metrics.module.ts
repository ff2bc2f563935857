import { Global, Module } from '@nestjs/common';

import { Metrics } from './metrics.js';
import { PoolMetrics } from './pool-metrics.js';

/** Gives every module of a process its one set of metrics. Needs the database's and the queues' modules beside it. */
@Global()
@Module({ providers: [Metrics, PoolMetrics], exports: [Metrics, PoolMetrics] })
export class MetricsModule {
  constructor(metrics: Metrics) {
    metrics.collectOfProcess();
  }
}
