import { MikroOrmModule } from '@mikro-orm/nestjs';
import { type DynamicModule, Module } from '@nestjs/common';

import { AccessModule } from '@app/access';
import { type Clock, CommonModule, type Env, LoggingModule, MetricsModule, QueuesModule } from '@app/common';
import { ormConfig, Readiness } from '@app/database';
import { SubscriptionsModule } from '@app/subscriptions';

import { ConversionsProcessor } from './conversions/conversions.processor.js';
import { EventAlarm } from './events/event-alarm.js';
import { EventDrain, StripeAccess } from './events/event-drain.js';
import { EventsProcessor } from './events/events.processor.js';
import { IssueRefresher } from './events/issue-refresher.js';
import { HealthServer } from './health/health-server.js';
import { PageMetrics } from './health/page-metrics.js';
import { PollMetrics } from './health/poll-metrics.js';
import { ImportRunner, ImportSteps } from './imports/import-runner.js';
import { ImportsProcessor } from './imports/imports.processor.js';
import { PageHandler } from './imports/page-handler.js';
import { CustomerPageHandler } from './imports/customer-page-handler.js';
import { PageRecorder } from './imports/page-recorder.js';
import { TableStatistics } from './imports/table-statistics.js';
import { RangeRunner } from './imports/range-runner.js';
import { EventPoller } from './poll/event-poller.js';
import { PolledPageHandler } from './poll/polled-page.handler.js';
import { PollsProcessor } from './poll/polls.processor.js';
import { PriceReadingHandler } from './prices/price-reading.handler.js';
import { PricesProcessor } from './prices/prices.processor.js';
import { AsideReader } from './reconciliation/aside-reader.js';
import { DriftMetrics } from './reconciliation/drift-metrics.js';
import { ReconciliationClock, RunLedgers } from './reconciliation/reconciliation-clock.js';
import { Reconciler } from './reconciliation/reconciler.js';
import { RunFindings } from './reconciliation/run-findings.js';
import { RunReport } from './reconciliation/run-report.js';
import { Sampler } from './reconciliation/sampler.js';
import { TestClocks } from './reconciliation/test-clocks.js';
import { LeftWork } from './sweeps/left-work.js';
import { Sweeps } from './sweeps/sweeps.js';

const imports = [ImportsProcessor, ImportRunner, ImportSteps, RangeRunner, PageHandler, CustomerPageHandler, PageRecorder, TableStatistics];

const reconciliation = [
  RunFindings,
  Reconciler,
  AsideReader,
  TestClocks,
  RunReport,
  DriftMetrics,
  ReconciliationClock,
  RunLedgers,
  Sampler,
];

@Module({})
export class WorkerModule {
  /** @param clock a test's own */
  static forRoot(env: Env, databaseUrl: string, clock?: Clock): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        LoggingModule.forRoot(env),
        CommonModule.forRoot(env, clock),
        MikroOrmModule.forRoot({ ...ormConfig(databaseUrl), registerRequestContext: false, allowGlobalContext: true }),
        QueuesModule.forRoot(databaseUrl, env),
        MetricsModule,
        AccessModule,
        SubscriptionsModule,
      ],
      providers: [
        ...imports,
        ...reconciliation,
        PricesProcessor,
        PriceReadingHandler,
        ConversionsProcessor,
        EventsProcessor,
        EventAlarm,
        EventDrain,
        StripeAccess,
        IssueRefresher,
        LeftWork,
        PollsProcessor,
        EventPoller,
        PolledPageHandler,
        Sweeps,
        PageMetrics,
        PollMetrics,
        Readiness,
        HealthServer,
      ],
    };
  }
}
