import { MikroOrmModule } from '@mikro-orm/nestjs';
import { type DynamicModule, Module } from '@nestjs/common';

import { AccessModule } from '@app/access';
import { Clock, CommonModule, type Env, LogContext, LoggingModule, MetricsModule, QueuesModule } from '@app/common';
import { ormConfig, Readiness } from '@app/database';
import { SubscriptionsModule } from '@app/subscriptions';

import { ChangeDelivery } from './commands/change-delivery.js';
import { CommandDelivery } from './commands/command-delivery.js';
import { CommandDrain } from './commands/command-drain.js';
import { CommandEnds } from './commands/command-ends.js';
import { CommandFollowUp } from './commands/command-follow-up.js';
import { CommandMetrics } from './commands/command-metrics.js';
import { CommandRequests } from './commands/command-requests.js';
import { CommandsProcessor } from './commands/commands.processor.js';
import { CreationDelivery } from './commands/creation-delivery.js';
import { ConversionsProcessor } from './conversions/conversions.processor.js';
import { CopyImports } from './dry-run/copy-imports.js';
import { DryRunCopy } from './dry-run/dry-run-copy.js';
import { DryRunResult } from './dry-run/dry-run-result.js';
import { DryRunner } from './dry-run/dry-runner.js';
import { EventDrain } from './events/event-drain.js';
import { EventsProcessor } from './events/events.processor.js';
import { IssueRefresher } from './events/issue-refresher.js';
import { HealthServer } from './health/health-server.js';
import { PollMetrics } from './health/poll-metrics.js';
import { WorkerPulse } from './health/worker-pulse.js';
import { IMPORT_PROVIDERS } from './imports/import-providers.js';
import { ImportsProcessor } from './imports/imports.processor.js';
import { RangeHelper } from './imports/range-helper.js';
import { EventPoller } from './poll/event-poller.js';
import { PolledPageHandler } from './poll/polled-page.handler.js';
import { PollsProcessor } from './poll/polls.processor.js';
import { PricesProcessor } from './prices/prices.processor.js';
import { QueueAlarm } from './queue-alarm.js';
import { ReconciliationClock, RunLedgers } from './reconciliation/reconciliation-clock.js';
import { Sampler } from './reconciliation/sampler.js';
import { Forgetting } from './sweeps/forgetting.js';
import { LeftWork, WorkLedgers } from './sweeps/left-work.js';
import { Sweeps } from './sweeps/sweeps.js';

const reconciliation = [ReconciliationClock, RunLedgers, Sampler];
const events = [EventsProcessor, EventDrain, IssueRefresher, QueueAlarm];
const sweeps = [Sweeps, LeftWork, WorkLedgers, Forgetting];
const commands = [CommandsProcessor, CommandDrain, CommandDelivery, ChangeDelivery, CreationDelivery, CommandRequests, CommandEnds, CommandFollowUp, CommandMetrics];

@Module({})
export class WorkerModule {
  /** @param clock a test's own */
  static forRoot(env: Env, databaseUrl: string, clock?: Clock): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        LoggingModule.forRoot(env),
        CommonModule.forRoot(env, clock),
        MikroOrmModule.forRoot({ ...ormConfig(databaseUrl, {}, { keepsStatements: true }), registerRequestContext: false, allowGlobalContext: true }),
        QueuesModule.forRoot(databaseUrl, env),
        MetricsModule,
        AccessModule,
        SubscriptionsModule,
      ],
      providers: [
        ...IMPORT_PROVIDERS,
        ImportsProcessor,
        RangeHelper,
        DryRunner,
        DryRunCopy,
        DryRunResult,
        { provide: CopyImports, useFactory: (ownClock: Clock, logs: LogContext) => new CopyImports({ env, databaseUrl, clock: ownClock, logs }), inject: [Clock, LogContext] },
        ...reconciliation,
        ...commands,
        ...events,
        ...sweeps,
        PricesProcessor,
        ConversionsProcessor,
        PollsProcessor,
        EventPoller,
        PolledPageHandler,
        PollMetrics,
        Readiness,
        WorkerPulse,
        HealthServer,
      ],
    };
  }
}
