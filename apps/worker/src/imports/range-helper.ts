import { hostname } from 'node:os';

import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

import { LogContext } from '@app/common';
import { ConnectionService, StripeReaders, type Throttle } from '@app/stripe';
import { LeaseLostError, RangeLedger, type RangesToHelp } from '@app/sync';

import { RangeCrew } from './range-crew.js';

/** An import at Stripe's limit takes seconds: who looks less often comes too late. One look is one small query. */
const LOOK_MS = 1000;
/** After trouble, which may be this process's own: the run's leader sees to what is left. */
const REST_MS = 30_000;

/**
 * Lets this process take part in runs that other processes lead. It looks into the ledger by the clock: a ring wakes one
 * process, and here all are wanted.
 */
@Injectable()
export class RangeHelper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RangeHelper.name);
  private readonly stopping = new AbortController();
  private readonly owner = `${hostname()}:${process.pid}`;
  private timer: NodeJS.Timeout | undefined;
  private help: Promise<void> = Promise.resolve();
  private isBusy = false;
  private restUntil = 0;

  constructor(
    private readonly ranges: RangeLedger,
    private readonly crew: RangeCrew,
    private readonly connections: ConnectionService,
    private readonly readers: StripeReaders,
    private readonly logs: LogContext,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.help;
  }

  private look(): void {
    if (!this.isBusy && performance.now() >= this.restUntil) {
      this.isBusy = true;
      this.help = this.helpAll().finally(() => {
        this.isBusy = false;
      });
    }
  }

  private async helpAll(): Promise<void> {
    try {
      const needed = await this.ranges.toHelp();
      await Promise.all(needed.map((each) => this.helpWith(each)));
    } catch (error) {
      this.restUntil = performance.now() + REST_MS;
      this.logger.warn({ err: error }, 'This worker cannot help with a run; the one that leads it goes on');
    }
  }

  private async helpWith(needed: RangesToHelp): Promise<void> {
    if (this.crew.isAtWorkOn(needed)) {
      return;
    }
    const { run, resource } = needed;
    try {
      const connection = await this.connections.get(run.connectionId);
      const { signal } = this.stopping;
      const throttle: Throttle = { sharePercent: (await this.ranges.left(run, resource)).sharePercent };
      const reader = this.readers.forConnection(connection, signal, throttle);
      await this.logs.run({ runId: run.id, connectionId: connection.id }, () => this.crew.help({ run, connection, reader, throttle, signal, owner: this.owner }, resource));
    } catch (error) {
      if (!(error instanceof LeaseLostError) && !this.stopping.signal.aborted) {
        throw error;
      }
    }
  }
}
