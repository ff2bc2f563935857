import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Doorbell, type QueueName } from '@app/common';
import { ConnectionService } from '@app/stripe';
import { connectionsToConvert } from '@app/subscriptions';
import { CommandLedger, ImportLedger, StreamLedger, SyncEventLedger } from '@app/sync';

/** The ledgers of work that may be left. */
@Injectable()
export class WorkLedgers {
  constructor(
    readonly imports: ImportLedger,
    readonly events: SyncEventLedger,
    readonly streams: StreamLedger,
    readonly commands: CommandLedger,
  ) {}
}

/** Looks into the ledgers for work that nobody was woken for, and rings: a ring that was lost loses no work. */
@Injectable()
export class LeftWork {
  constructor(
    private readonly em: EntityManager,
    private readonly doorbell: Doorbell,
    private readonly connections: ConnectionService,
    private readonly ledgers: WorkLedgers,
  ) {}

  async ringForImports(): Promise<void> {
    await this.ring('imports', await this.ledgers.imports.connectionsWithWork());
  }

  async ringForEvents(): Promise<void> {
    await this.ring('events', await this.ledgers.events.connectionsWithWork(this.em.fork()));
  }

  async ringForPolls(): Promise<void> {
    await this.ring('polls', await this.ledgers.streams.connectionsToPoll());
  }

  async ringForCommands(): Promise<void> {
    await this.ring('commands', await this.ledgers.commands.connectionsWithWork());
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
