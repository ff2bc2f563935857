import type { Env } from '@app/common';
import { SubscriptionsModule } from '@app/subscriptions';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';

import { CommandMetrics } from './command-metrics.js';
import { EntitlementMetricsInterceptor } from './entitlement-metrics.interceptor.js';
import { LedgerMetrics } from './ledger-metrics.js';
import { MetricsController, OpenMetricsController } from './metrics.controller.js';
import { StreamMetrics } from './stream-metrics.js';

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|::1)$/;

@Module({})
export class MetricsApiModule {
  /** Open during development where only this machine can ask; everywhere else it needs a key. */
  static forRoot({ nodeEnv, host }: Env): DynamicModule {
    const isOpen = nodeEnv === 'development' && LOOPBACK.test(host);
    return {
      module: MetricsApiModule,
      imports: [SubscriptionsModule],
      controllers: [isOpen ? OpenMetricsController : MetricsController],
      providers: [LedgerMetrics, StreamMetrics, CommandMetrics, { provide: APP_INTERCEPTOR, useClass: EntitlementMetricsInterceptor }],
    };
  }
}
