import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Doorbell, type QueueName } from '@app/common';
import { ConnectionService } from '@app/stripe';
import { connectionsToConvert } from '@app/subscriptions';
import { ImportLedger, StreamLedger, SyncEventLedger } from '@app/sync';

/** Looks into the ledgers for work that nobody was woken for, and rings: a ring that was lost loses no work. */
@Injectable()
export class LeftWork {
  constructor(
    private readonly em: EntityManager,
    private readonly doorbell: Doorbell,
    private readonly connections: ConnectionService,
    private readonly imports: ImportLedger,
    private readonly events: SyncEventLedger,
    private readonly streams: StreamLedger,
  ) {}

  async ringForImports(): Promise<void> {
    await this.ring('imports', await this.imports.connectionsWithWork());
  }

  async ringForEvents(): Promise<void> {
    await this.ring('events', await this.events.connectionsWithWork(this.em.fork()));
  }

  async ringForPolls(): Promise<void> {
    await this.ring('polls', await this.streams.connectionsToPoll());
  }

  async ringForConversions(): Promise<void> {
    await this.ring('conversions', await connectionsToConvert(this.em.fork()));
  }

  /** Where prices were never read: Stripe was away when the account was connected. */
  async ringForPrices(): Promise<void> {
    const connections = await this.connections.list();
    await this.ring('prices', connections.filter(({ status, pricesReadAt }) => status === 'CONNECTED' && !pricesReadAt).map(({ id }) => id));
  }

  /** The doorbell was away, and what was rung for meanwhile may be lost. */
  whenBellIsBack(look: () => void): void {
    this.doorbell.whenBack(look);
  }

  private async ring(name: QueueName, connectionIds: readonly string[]): Promise<void> {
    for (const connectionId of connectionIds) {
      await this.doorbell.tryToRing(name, { connectionId });
    }
  }
}
