import { Doorbell, transactionWithRetry } from '@app/common';
import { CommandService } from '@app/subscriptions';
import { EventReplayService, LaneLedger, type ObjectKey, ReconciliationService } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

/** Gives the worker something to do. */
@Injectable()
export class WorkerDesk {
  constructor(
    private readonly em: EntityManager,
    private readonly lanes: LaneLedger,
    private readonly replays: EventReplayService,
    private readonly reconciliations: ReconciliationService,
    private readonly commands: CommandService,
    private readonly doorbell: Doorbell,
  ) {}

  async readAgain(connectionId: string, object: ObjectKey): Promise<void> {
    await transactionWithRetry(this.em, (em) => this.lanes.requestReads(em, connectionId, [object]));
    await this.doorbell.tryToRing('events', { connectionId });
  }

  async replay(connectionId: string, eventId: string): Promise<void> {
    await this.replays.replay(eventId, connectionId);
    await this.doorbell.tryToRing('events', { connectionId });
  }

  async retry(commandId: string, requestedBy: string): Promise<void> {
    const { connectionId } = await this.commands.retry(commandId, requestedBy);
    await this.doorbell.tryToRing('commands', { connectionId });
  }

  async approve(connectionId: string, reconciliationId: string, approvedBy: string): Promise<void> {
    await this.reconciliations.approve(reconciliationId, approvedBy);
    await this.doorbell.tryToRing('imports', { connectionId });
  }
}
