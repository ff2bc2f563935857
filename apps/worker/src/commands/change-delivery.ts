import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { ChangeRequest, WrittenReading } from '@app/stripe';
import { type Completed, ObjectSettler, type PendingReading, type ReadingResult } from '@app/subscriptions';
import { type ClaimedCommand, CommandLedger, keyOf, LaneLedger, type ObjectKey } from '@app/sync';

import { StripeAccess } from '../events/event-drain.js';
import { carriable, customerFound, type ReadingContext, readObject, resultOf } from '../events/read-object.js';
import { CommandEnds } from './command-ends.js';
import type { DeliveryContext } from './delivery-context.js';
import { resolveEffect } from './resolve-effect.js';
import { type Effect, isKeyKept, resolveDoubt, resolveOutcome } from './resolve-outcome.js';

/** While somebody else reads the object. */
const BUSY_SECONDS = 0.25;

/** What a command changes, and by what call; decided once it is held. */
export interface WantedChange {
  readonly object: ObjectKey;
  /** null = refused. */
  readonly requestOf: () => Promise<ChangeRequest | null>;
}

/** A command, with what it changes taken. */
interface Held extends DeliveryContext {
  readonly command: ClaimedCommand;
  readonly pending: PendingReading;
  readonly reading: ReadingContext;
  readonly request: ChangeRequest;
}

/** Writes how an attempt ended, in the transaction that carries Stripe's answer over. */
type Ending = (em: EntityManager) => Promise<boolean>;

/**
 * Delivers a command that changes what is there: its answer is a reading like any other. What it changes is held meanwhile, so
 * that no older event is taken for newer than the answer.
 */
@Injectable()
export class ChangeDelivery {
  constructor(
    private readonly em: EntityManager,
    private readonly ledger: CommandLedger,
    private readonly ends: CommandEnds,
    private readonly settler: ObjectSettler,
    private readonly lanes: LaneLedger,
    private readonly stripe: StripeAccess,
  ) {}

  async deliver(context: DeliveryContext, command: ClaimedCommand, { object, requestOf }: WantedChange): Promise<Completed | null> {
    const { connection, owner, signal } = context;
    const [pending] = await this.settler.take(connection, [object], owner);
    if (pending === undefined) {
      await this.ledger.release(command, BUSY_SECONDS);
      return null;
    }
    try {
      const request = await requestOf();
      if (request === null) {
        return await this.letGo({ ...context, pending });
      }
      const reading = { em: this.em, connectionId: connection.id, prices: this.stripe.prices, reader: this.stripe.readers.forDrain(connection, signal) };
      const held: Held = { ...context, command, pending, reading, request };
      return await (command.state === 'QUEUED' && isKeyKept(command.sentSecondsAgo) ? this.send(held) : this.find(held));
    } catch (error) {
      await this.settler.release(connection, [pending]);
      throw error;
    }
  }

  private async send(held: Held): Promise<Completed | null> {
    const { command, connection, signal, request } = held;
    if (!(await this.ledger.begin(command, request))) {
      return this.letGo(held);
    }
    const answer = await this.stripe.writers.of(connection, signal).send(request, { commandId: command.id, key: keyOf(command.id, command.keyNumber) });
    const outcome = resolveOutcome({ request, answer });
    return outcome.kind === 'APPLIED'
      ? this.complete(held, await this.resultOf(held, outcome.shown), (em) => this.ends.apply(em, command))
      : this.letGo(held, (em) => this.ends.note(em, command, outcome));
  }

  /** Looks whether it was done, before anything else is. */
  private async find(held: Held): Promise<Completed> {
    const { command, pending, reading, request } = held;
    const seen: { effect: Effect } = { effect: 'UNREAD' };
    const result = await resultOf(pending, async () => {
      if (request.call === 'UPDATE_CUSTOMER') {
        const found = await reading.reader.customer(request.id);
        seen.effect = resolveEffect(request, command.id, found);
        return customerFound(found);
      }
      const found = await reading.reader.subscription(request.id);
      seen.effect = resolveEffect(request, command.id, found);
      return carriable(reading, found);
    });
    const { error, keyNumber, sentSecondsAgo } = command;
    const verdict = resolveDoubt({ effect: seen.effect, error, keyNumber, sentSecondsAgo: sentSecondsAgo ?? 0 });
    return this.complete(held, result, (em) => (verdict.kind === 'APPLIED' ? this.ends.apply(em, command) : this.ends.settle(em, command, verdict)));
  }

  private async resultOf({ pending, reading }: Held, shown: WrittenReading | null): Promise<ReadingResult> {
    if (shown === null) {
      return readObject(reading, pending);
    }
    return resultOf(pending, () => (shown.type === 'CUSTOMER' ? Promise.resolve(customerFound(shown.reading)) : carriable(reading, shown.reading)));
  }

  /** Where nothing is carried over after all, the object is read by whoever comes next. */
  private async complete({ connection, command, pending }: Held, result: ReadingResult, end: Ending): Promise<Completed> {
    return this.settler.complete(connection, [result], {
      cause: { kind: 'COMMAND', id: command.id },
      record: async (em, { settled }) => {
        await end(em);
        if (settled.length === 0) {
          await this.lanes.requestReads(em, connection.id, [pending.lease.object]);
        }
      },
    });
  }

  private async letGo({ connection, pending }: Pick<Held, 'connection' | 'pending'>, end?: Ending): Promise<null> {
    await end?.(this.em.fork());
    await this.settler.release(connection, [pending]);
    return null;
  }
}
