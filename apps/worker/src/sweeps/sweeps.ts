import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

import { IdempotencyLedger } from '@app/access';
import { Doorbell } from '@app/common';
import { ConnectionService } from '@app/stripe';
import { connectionsToConvert, ManualSubscriptionService } from '@app/subscriptions';
import { ImportLedger } from '@app/sync';

import { SCHEDULES, type SweepName } from './schedules.js';

/** Looks into the ledgers now and then and rings for what is due: a ring that was lost loses no work. */
@Injectable()
export class Sweeps implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Sweeps.name);
  private timers: NodeJS.Timeout[] = [];
  private readonly sweeps: Record<SweepName, () => Promise<void>> = {
    imports: async () => {
      for (const connectionId of await this.ledger.connectionsWithWork()) {
        await this.doorbell.tryToRing('imports', { connectionId });
      }
    },
    conversions: async () => {
      for (const connectionId of await connectionsToConvert(this.em.fork())) {
        await this.doorbell.tryToRing('conversions', { connectionId });
      }
    },
    // Where they were never read: Stripe was away when the account was connected.
    prices: async () => {
      const connections = await this.connections.list();
      for (const { id } of connections.filter(({ status, pricesReadAt }) => status === 'CONNECTED' && !pricesReadAt)) {
        await this.doorbell.tryToRing('prices', { connectionId: id });
      }
    },
    // Access has ended by the clock already; the records follow.
    endings: async () => {
      await this.manual.endWhatIsDue();
    },
    idempotency: async () => {
      await this.idempotency.sweep();
    },
  };

  constructor(
    private readonly em: EntityManager,
    private readonly ledger: ImportLedger,
    private readonly connections: ConnectionService,
    private readonly doorbell: Doorbell,
    private readonly manual: ManualSubscriptionService,
    private readonly idempotency: IdempotencyLedger,
  ) {}

  onApplicationBootstrap(): void {
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
