import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { assertNever } from '@app/common';
import type { StripeConnection, StripeWriteRequest, SubscriptionReading } from '@app/stripe';
import { type Completed, ObjectSettler, type PendingReading, type ReadingResult, refusalInWords, SubscriptionCommandService } from '@app/subscriptions';
import { type ClaimedCommand, CommandLedger, keyOf, LaneLedger } from '@app/sync';

import { StripeAccess } from '../events/event-drain.js';
import { carriable, type ReadingContext, readObject, resultOf } from '../events/read-object.js';
import { resolveEffect } from './resolve-effect.js';
import { type Effect, resolveDoubt, resolveOutcome } from './resolve-outcome.js';

/** While somebody else reads the object. */
const BUSY_SECONDS = 0.25;
/** After an error of ours, so that it does not come again at once. */
const PAUSE_SECONDS = 5;

export interface DeliveryContext {
  readonly connection: StripeConnection;
  /** Names this worker process. */
  readonly owner: string;
  readonly signal: AbortSignal;
}

/** A command, with what it changes taken. */
interface Held extends DeliveryContext {
  readonly command: ClaimedCommand;
  readonly pending: PendingReading;
  readonly reading: ReadingContext;
}

/** Writes how an attempt ended, in the transaction that carries Stripe's answer over. */
type Ending = (em: EntityManager) => Promise<boolean>;

/**
 * Delivers one command: one changing call of Stripe, whose answer is a reading like any other. What it changes is held
 * meanwhile, so that no older event is taken for newer than the answer.
 */
@Injectable()
export class CommandDelivery {
  constructor(
    private readonly em: EntityManager,
    private readonly ledger: CommandLedger,
    private readonly settler: ObjectSettler,
    private readonly lanes: LaneLedger,
    private readonly requests: SubscriptionCommandService,
    private readonly stripe: StripeAccess,
  ) {}

  /** Gives what was carried over; null = nothing. */
  async deliver(context: DeliveryContext, command: ClaimedCommand): Promise<Completed | null> {
    const { connection, owner, signal } = context;
    const [pending] = await this.settler.take(connection, [command.object], owner);
    if (pending === undefined) {
      await this.ledger.release(command, BUSY_SECONDS);
      return null;
    }
    const reading = { em: this.em, connectionId: connection.id, prices: this.stripe.prices, reader: this.stripe.readers.forDrain(connection, signal) };
    const held: Held = { ...context, command, pending, reading };
    try {
      return await (command.state === 'QUEUED' ? this.send(held) : this.find(held));
    } catch (error) {
      // A call that was under way is found as such by whoever takes the command next.
      await this.settler.release(connection, [pending]);
      await this.ledger.release(command, signal.aborted ? 0 : PAUSE_SECONDS);
      throw error;
    }
  }

  private async send(held: Held): Promise<Completed | null> {
    const { command, connection, signal } = held;
    const request = await this.requestOf(held);
    if (request === null || !(await this.ledger.begin(command, request))) {
      return this.letGo(held);
    }
    const answer = await this.stripe.writers.of(connection, signal).send(request, { commandId: command.id, key: keyOf(command.id, command.keyNumber) });
    const outcome = resolveOutcome({ request, answer, sentSecondsAgo: command.sentSecondsAgo ?? 0 });
    switch (outcome.kind) {
      case 'APPLIED':
        return this.complete(held, await this.resultOf(held, outcome.reading), (em) => this.ledger.apply(em, command));
      case 'FAILED':
        return this.letGo(held, (em) => this.ledger.fail(em, command, outcome.error));
      case 'LATER':
        return this.letGo(held, (em) => this.ledger.queueAgain(em, command, outcome.error));
      case 'UNKNOWN':
        return this.letGo(held, (em) => this.ledger.doubt(em, command, outcome.error));
      default:
        return assertNever(outcome);
    }
  }

  /** Looks whether it was done, before anything else is. */
  private async find(held: Held): Promise<Completed> {
    const { command, pending, reading } = held;
    const seen: { effect: Effect } = { effect: 'UNREAD' };
    const result = await resultOf(pending, async () => {
      const found = await reading.reader.subscription(command.object.id);
      seen.effect = resolveEffect(frozenRequest(command), command.id, found);
      return carriable(reading, found);
    });
    const { error, keyNumber, sentSecondsAgo } = command;
    const verdict = resolveDoubt({ effect: seen.effect, error, keyNumber, sentSecondsAgo: sentSecondsAgo ?? 0 });
    return this.complete(held, result, (em) => {
      switch (verdict.kind) {
        case 'APPLIED':
          return this.ledger.apply(em, command);
        case 'FAILED':
          return this.ledger.fail(em, command, verdict.error);
        case 'RESEND':
          return this.ledger.resend(em, command, verdict.keyNumber);
        case 'WAIT':
          return this.ledger.doubt(em, command, error ?? NOT_ANSWERED);
        default:
          return assertNever(verdict);
      }
    });
  }

  /** What is sent: what was frozen, or else what is decided now; null = refused, and written down as failed. */
  private async requestOf({ command }: Held): Promise<StripeWriteRequest | null> {
    if (command.request !== null) {
      return frozenRequest(command);
    }
    const verdict = await this.requests.resolve(command);
    if (verdict.kind === 'REQUEST') {
      return verdict.request;
    }
    await this.ledger.fail(this.em.fork(), command, { code: verdict.code, detail: refusalInWords(verdict), stripeRequestId: null, status: null });
    return null;
  }

  private async resultOf({ pending, reading }: Held, answer: SubscriptionReading | null): Promise<ReadingResult> {
    return answer === null ? readObject(reading, pending) : resultOf(pending, () => carriable(reading, answer));
  }

  /** Where nothing is carried over after all, the object is read by whoever comes next. */
  private async complete({ connection, command }: Held, result: ReadingResult, end: Ending): Promise<Completed> {
    return this.settler.complete(connection, [result], {
      cause: { kind: 'COMMAND', id: command.id },
      record: async (em, { settled }) => {
        await end(em);
        if (settled.length === 0) {
          await this.lanes.requestReads(em, connection.id, [command.object]);
        }
      },
    });
  }

  private async letGo({ connection, pending }: Held, end?: Ending): Promise<null> {
    await end?.(this.em.fork());
    await this.settler.release(connection, [pending]);
    return null;
  }
}

const NOT_ANSWERED = { code: 'not_answered', detail: 'The worker was gone before Stripe’s answer.', stripeRequestId: null, status: null } as const;

/** The ledger keeps what was sent, as it was frozen before the first attempt. */
function frozenRequest({ id, request }: ClaimedCommand): StripeWriteRequest {
  if (request === null) {
    throw new RangeError(`Command ${id} was sent, and nobody has written down what.`);
  }
  return request as unknown as StripeWriteRequest;
}
