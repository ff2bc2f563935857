import { Injectable } from '@nestjs/common';

import { type ChangeRequest, isCreation } from '@app/stripe';
import type { Completed } from '@app/subscriptions';
import { type ClaimedCommand, CommandLedger } from '@app/sync';

import { ChangeDelivery } from './change-delivery.js';
import { CommandRequests } from './command-requests.js';
import { CreationDelivery } from './creation-delivery.js';
import type { DeliveryContext } from './delivery-context.js';

/** After an error of ours, so that it does not come again at once. */
const PAUSE_SECONDS = 5;

/** Delivers one command: one call that changes or makes one thing in Stripe. */
@Injectable()
export class CommandDelivery {
  constructor(
    private readonly ledger: CommandLedger,
    private readonly requests: CommandRequests,
    private readonly changes: ChangeDelivery,
    private readonly creations: CreationDelivery,
  ) {}

  /** Gives what was carried over; null = nothing. */
  async deliver(context: DeliveryContext, command: ClaimedCommand): Promise<Completed | null> {
    try {
      return await this.send(context, command);
    } catch (error) {
      // A call that was under way is found as such by whoever takes the command next.
      await this.ledger.release(command, context.signal.aborted ? 0 : PAUSE_SECONDS);
      throw error;
    }
  }

  private async send(context: DeliveryContext, command: ClaimedCommand): Promise<Completed | null> {
    if (command.object !== null) {
      return this.changes.deliver(context, command, { object: command.object, requestOf: () => this.changeOf(command) });
    }
    const request = await this.requests.of(command);
    if (request === null) {
      return null;
    }
    return isCreation(request)
      ? this.creations.deliver(context, command, request)
      : this.changes.deliver(context, command, { object: objectOf(request), requestOf: () => Promise.resolve(request) });
  }

  private async changeOf(command: ClaimedCommand): Promise<ChangeRequest | null> {
    const request = await this.requests.of(command);
    if (request !== null && isCreation(request)) {
      throw new RangeError(`Command ${command.id} is known by an object that it would have to make first.`);
    }
    return request;
  }
}

function objectOf({ call, id }: ChangeRequest) {
  return { type: call === 'UPDATE_CUSTOMER' ? 'CUSTOMER' : 'SUBSCRIPTION', id } as const;
}
