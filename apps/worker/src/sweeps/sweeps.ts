import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

import { ManualSubscriptionService } from '@app/subscriptions';

import { IssueRefresher } from '../events/issue-refresher.js';
import { WorkerPulse } from '../health/worker-pulse.js';
import { ReconciliationClock } from '../reconciliation/reconciliation-clock.js';
import { Forgetting } from './forgetting.js';
import { LeftWork } from './left-work.js';
import { SCHEDULES, type SweepName } from './schedules.js';

/** Does by the clock what the table of schedules says. */
@Injectable()
export class Sweeps implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Sweeps.name);
  private timers: NodeJS.Timeout[] = [];
  private readonly sweeps: Record<SweepName, () => Promise<unknown>> = {
    imports: () => this.left.ringForImports(),
    events: () => this.left.ringForEvents(),
    commands: () => this.left.ringForCommands(),
    polls: () => this.left.ringForPolls(),
    conversions: () => this.left.ringForConversions(),
    prices: () => this.left.ringForPrices(),
    issues: () => this.issues.sweep(),
    // Access has ended by the clock already; the records follow.
    endings: () => this.manual.endWhatIsDue(),
    idempotency: () => this.forgetting.idempotency.sweep(),
    retention: () => this.forgetting.sweepLedgers(),
    dryRuns: () => this.forgetting.sweepDryRuns(),
    reconciliations: () => this.reconciliation.begin(),
    samples: () => this.reconciliation.sample(),
    drift: () => this.reconciliation.forget(),
    pulse: () => this.pulse.beat(),
    workers: () => this.pulse.forgetOthers(),
  };

  constructor(
    private readonly left: LeftWork,
    private readonly issues: IssueRefresher,
    private readonly manual: ManualSubscriptionService,
    private readonly forgetting: Forgetting,
    private readonly reconciliation: ReconciliationClock,
    private readonly pulse: WorkerPulse,
  ) {}

  onApplicationBootstrap(): void {
    this.left.whenBellIsBack(() => SCHEDULES.forEach(({ sweep }) => void this.run(sweep)));
    this.timers = SCHEDULES.map(({ sweep, everySeconds }) => {
      void this.run(sweep);
      return setInterval(() => void this.run(sweep), everySeconds * 1000);
    });
  }

  onModuleDestroy(): void {
    this.timers.forEach(clearInterval);
  }

  private async run(sweep: SweepName): Promise<void> {
    try {
      await this.sweeps[sweep]();
    } catch (error) {
      this.logger.warn({ sweep, err: error }, 'A sweep failed; the next one comes');
    }
  }
}
