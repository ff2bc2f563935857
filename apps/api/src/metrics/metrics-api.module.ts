import type { Env } from '@app/common';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';

import { EntitlementMetricsInterceptor } from './entitlement-metrics.interceptor.js';
import { LedgerMetrics } from './ledger-metrics.js';
import { MetricsController, OpenMetricsController } from './metrics.controller.js';

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|::1)$/;

@Module({})
export class MetricsApiModule {
  /** Open during development where only this machine can ask; everywhere else it needs a key. */
  static forRoot({ nodeEnv, host }: Env): DynamicModule {
    const isOpen = nodeEnv === 'development' && LOOPBACK.test(host);
    return {
      module: MetricsApiModule,
      controllers: [isOpen ? OpenMetricsController : MetricsController],
      providers: [LedgerMetrics, { provide: APP_INTERCEPTOR, useClass: EntitlementMetricsInterceptor }],
    };
  }
}
