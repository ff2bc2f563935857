import { setTimeout as sleep } from 'node:timers/promises';

import { Injectable, Logger } from '@nestjs/common';

import { LogContext } from '@app/common';
import type { StripeConnection } from '@app/stripe';
import { type ClaimedCommand, CommandLedger } from '@app/sync';

import { StripeAccess } from '../events/event-drain.js';
import { CommandDelivery } from './command-delivery.js';
import { CommandFollowUp } from './command-follow-up.js';
import type { DeliveryContext } from './delivery-context.js';

/** Calls under way at once: each waits for its slot in the request budget. */
const AT_ONCE = 10;
/** While calls are under way, so often it is looked for more: a slow one holds up no other. */
const LOOK_AGAIN_MS = 200;

/** Delivers what is due for a connection, until nothing is: commands about one object one after the other, others side by side. */
@Injectable()
export class CommandDrain {
  private readonly logger = new Logger(CommandDrain.name);

  constructor(
    private readonly logs: LogContext,
    private readonly stripe: StripeAccess,
    private readonly ledger: CommandLedger,
    private readonly delivery: CommandDelivery,
    private readonly followUp: CommandFollowUp,
  ) {}

  /**
   * @param owner names this worker process
   * @returns in how many milliseconds more is due that is not due yet; null = not soon
   */
  async drain(connectionId: string, owner: string, signal: AbortSignal): Promise<number | null> {
    return this.logs.run({ connectionId }, async () => {
      const connection = await this.stripe.connections.get(connectionId);
      if (connection.status !== 'CONNECTED') {
        return null;
      }
      await this.deliverAll(connectionId, owner, signal);
      await this.followUp.refreshIssues(connectionId);
      return this.ledger.nextDueMs(connectionId);
    });
  }

  private async deliverAll(connectionId: string, owner: string, signal: AbortSignal): Promise<void> {
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      const { connection, commands } = await this.claim(connectionId, owner, AT_ONCE - running.size);
      for (const command of commands) {
        const done = this.deliver({ connection, owner, signal }, command).finally(() => running.delete(done));
        running.add(done);
      }
      if (running.size === 0) {
        break;
      }
      if (commands.length === 0) {
        await Promise.race([...running, sleep(LOOK_AGAIN_MS)]);
      }
    }
    await Promise.all(running);
  }

  /**
   * With the account as it is now. It may be long since the drain began, where commands keep coming, and since then the key
   * may have been replaced, and the former one taken back in Stripe; or the account disconnected.
   */
  private async claim(connectionId: string, owner: string, limit: number): Promise<{ connection: StripeConnection; commands: readonly ClaimedCommand[] }> {
    const commands = limit > 0 ? await this.ledger.claim(connectionId, owner, limit) : [];
    const connection = await this.stripe.connections.get(connectionId);
    if (connection.status === 'CONNECTED') {
      return { connection, commands };
    }
    await Promise.all(commands.map((command) => this.ledger.release(command, 0)));
    return { connection, commands: [] };
  }

  /** What goes wrong with one command concerns this one alone: it is found again by its lease. */
  private async deliver(context: DeliveryContext, command: ClaimedCommand): Promise<void> {
    try {
      await this.followUp.follow(command, await this.delivery.deliver(context, command));
    } catch (error) {
      if (!context.signal.aborted) {
        this.logger.error({ commandId: command.id, err: error }, 'A command could not be delivered; it will be tried again');
      }
    }
  }
}
