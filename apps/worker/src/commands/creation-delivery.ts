import { setTimeout as sleep } from 'node:timers/promises';

import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { type CreatedObject, type CreationRequest, StripeCallError } from '@app/stripe';
import { CommandService, type Completed, ObjectSettler, type PendingReading } from '@app/subscriptions';
import { type ClaimedCommand, CommandLedger, keyOf, type ObjectKey } from '@app/sync';

import { StripeAccess } from '../events/event-drain.js';
import { readObject } from '../events/read-object.js';
import { CommandEnds } from './command-ends.js';
import type { DeliveryContext } from './delivery-context.js';
import { type Effect, isKeyKept, resolveDoubt, resolveOutcome } from './resolve-outcome.js';

/** Stripe's own event may have come first, and be just read. */
const LOOKS = 10;
const LOOK_MS = 150;
const BUSY_SECONDS = 0.5;

interface Creation extends DeliveryContext {
  readonly command: ClaimedCommand;
  readonly request: CreationRequest;
}

/** What a search in Stripe has shown. */
interface Found {
  readonly effect: Effect;
  readonly created: CreatedObject | null;
}

/**
 * Delivers a command that makes something new. What was made is read and carried over like anything else that Stripe tells of,
 * and in the same transaction the command ends.
 */
@Injectable()
export class CreationDelivery {
  constructor(
    private readonly em: EntityManager,
    private readonly ledger: CommandLedger,
    private readonly ends: CommandEnds,
    private readonly settler: ObjectSettler,
    private readonly stripe: StripeAccess,
    private readonly commands: CommandService,
  ) {}

  async deliver(context: DeliveryContext, command: ClaimedCommand, request: CreationRequest): Promise<Completed | null> {
    const creation = { ...context, command, request };
    return command.state === 'QUEUED' && isKeyKept(command.sentSecondsAgo) ? this.send(creation) : this.find(creation);
  }

  private async send(creation: Creation): Promise<Completed | null> {
    const { command, connection, signal, request } = creation;
    if (!(await this.ledger.begin(command, request))) {
      return null;
    }
    const answer = await this.stripe.writers.of(connection, signal).send(request, { commandId: command.id, key: keyOf(command.id, command.keyNumber) });
    const outcome = resolveOutcome({ request, answer });
    if (outcome.kind !== 'APPLIED') {
      await this.ends.note(this.em.fork(), command, outcome);
      return null;
    }
    return this.carryOver(creation, outcome.created);
  }

  /** Looks whether it was made, before anything else is. */
  private async find(creation: Creation): Promise<Completed | null> {
    const { command } = creation;
    const { effect, created } = await this.search(creation);
    const verdict = resolveDoubt({ effect, error: command.error, keyNumber: command.keyNumber, sentSecondsAgo: command.sentSecondsAgo ?? 0 });
    if (verdict.kind === 'APPLIED') {
      return this.carryOver(creation, created);
    }
    await this.ends.settle(this.em.fork(), command, verdict);
    return null;
  }

  private async search({ connection, signal, request, command }: Creation): Promise<Found> {
    try {
      const created = await this.stripe.writers.finderOf(connection, signal).find(request, {
        commandId: command.id,
        sentSecondsAgo: command.sentSecondsAgo ?? 0,
        goOn: () => this.ledger.keep(command),
      });
      return { effect: created === null ? 'ABSENT' : 'THERE', created };
    } catch (error) {
      if (error instanceof StripeCallError) {
        return { effect: 'UNREAD', created: null };
      }
      throw error;
    }
  }

  private async carryOver(creation: Creation, created: CreatedObject | null): Promise<Completed | null> {
    const { command, connection } = creation;
    if (created === null || created.type === 'CHECKOUT_SESSION') {
      await this.ends.apply(this.em.fork(), command, created);
      return null;
    }
    const pending = await this.take(creation, { type: created.type, id: created.id });
    if (pending === null) {
      // It is found again by its stamp.
      await this.ledger.release(command, BUSY_SECONDS);
      return null;
    }
    try {
      return await this.complete(creation, created, pending);
    } catch (error) {
      await this.settler.release(connection, [pending]);
      throw error;
    }
  }

  private async take({ connection, owner, signal }: Creation, object: ObjectKey): Promise<PendingReading | null> {
    for (let look = 1; look <= LOOKS; look += 1) {
      const [pending] = await this.settler.take(connection, [object], owner);
      if (pending !== undefined) {
        return pending;
      }
      await sleep(LOOK_MS, undefined, { signal });
    }
    return null;
  }

  /** What was made and cannot be read now is looked for again; what can never be carried over has its own issue, and was made all the same. */
  private async complete({ command, connection, signal }: Creation, created: CreatedObject, pending: PendingReading): Promise<Completed> {
    const reading = { em: this.em, connectionId: connection.id, prices: this.stripe.prices, reader: this.stripe.readers.forDrain(connection, signal) };
    const result = await readObject(reading, pending);
    return this.settler.complete(connection, [result], {
      cause: { kind: 'COMMAND', id: command.id },
      record: async (em, { settled, failed }) => {
        if (settled.length === 0 && failed.length === 0) {
          await this.ends.leaveUnread(em, command);
        } else if ((await this.ends.apply(em, command, created)) && settled.length > 0) {
          await this.commands.follow(em, command, created);
        }
      },
    });
  }
}
