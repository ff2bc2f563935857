import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, conflict, sqlRows, transactionWithRetry } from '@app/common';
import { type ClaimedCommand, type CommandFacts, CommandOutbox, CommandQueries } from '@app/sync';

import { lockStripeObjects } from '../applier/subscription.queries.js';
import { subscriptionEnded, subscriptionNotFound } from '../manual/manual.errors.js';
import type { AskedCommand } from './asked-command.js';
import { commandRefused } from './command.errors.js';
import { type CommandTarget, loadGround, loadTarget } from './command-ground.queries.js';
import type { CommandVerdict } from './command.types.js';
import { resolveCommand } from './resolve-command.js';

/** A command that was taken in: ring `commands` for its connection. */
export interface Appended {
  readonly id: string;
  readonly connectionId: string;
}

interface PaidTarget extends CommandTarget {
  readonly connectionId: string;
  readonly stripeSubscriptionId: string;
}

/** Decides what Kana wants Stripe to change about subscriptions, and says what is to be sent for it (rules K1, K2). */
@Injectable()
export class SubscriptionCommandService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly outbox: CommandOutbox,
    private readonly commands: CommandQueries,
  ) {}

  /** Whether it is paid through Stripe, and not given in Kana alone. @throws KanaError subscription_not_found */
  async isPaid(subscriptionId: string): Promise<boolean> {
    const target = await loadTarget(this.em.fork(), subscriptionId);
    if (target === null) {
      throw subscriptionNotFound(subscriptionId);
    }
    return target.source === 'STRIPE';
  }

  /**
   * Nothing changes in Kana yet: that follows from Stripe's answer.
   *
   * @param askedBy the API key
   * @throws KanaError subscription_not_found, or a code of `CommandRefusal`
   */
  async ask(asked: AskedCommand, askedBy: string): Promise<Appended> {
    return transactionWithRetry(this.em, (em) => this.append(em, asked, askedBy));
  }

  /** The same once more, by a new command: decided anew. @throws KanaError command_not_found, command_not_failed, command_retried, or what `ask` throws */
  async retry(commandId: string, askedBy: string): Promise<Appended> {
    return transactionWithRetry(this.em, async (em) => {
      await sqlRows(em, 'select 1 from sync_command where id = $1 for update', [commandId]);
      const failed = await this.commands.get(commandId, em);
      if (failed.state !== 'FAILED') {
        throw conflict('command_not_failed', `Command ${commandId} has not failed: there is nothing to try again.`);
      }
      if (failed.retriedBy !== null) {
        throw conflict('command_retried', `Command ${commandId} was tried again already, by ${failed.retriedBy}.`);
      }
      return this.append(em, askedOf(failed), askedBy, commandId);
    });
  }

  /** What is to be sent for this command, as things are now. */
  async resolve(command: ClaimedCommand): Promise<CommandVerdict> {
    const em = this.em.fork();
    const asked = askedOf(command);
    const target = await loadTarget(em, asked.subscriptionId);
    const ground = await loadGround(em, command.connectionId, command.object.id, target?.stripeItemId ?? null, this.clock.now());
    return ground === null ? { kind: 'REFUSED', code: 'item_not_found' } : resolveCommand(asked, ground);
  }

  private async append(em: EntityManager, asked: AskedCommand, askedBy: string, retries?: string): Promise<Appended> {
    const { connectionId, stripeSubscriptionId, userKey } = await this.take(em, asked);
    const { kind, ...words } = asked;
    const object = { type: 'SUBSCRIPTION', id: stripeSubscriptionId } as const;
    const id = await this.outbox.append(em, { connectionId, kind, object, userKey, asked: words, askedBy, retries });
    return { id, connectionId };
  }

  /** Takes the Stripe subscription: decisions about it come one after the other, in the order in which they are sent. */
  private async take(em: EntityManager, asked: AskedCommand): Promise<PaidTarget> {
    const before = requirePaid(await loadTarget(em, asked.subscriptionId), asked.subscriptionId);
    await lockStripeObjects(em, before.connectionId, [before.stripeSubscriptionId]);
    const target = requirePaid(await loadTarget(em, asked.subscriptionId), asked.subscriptionId);
    const ground = await loadGround(em, target.connectionId, target.stripeSubscriptionId, target.stripeItemId, this.clock.now());
    if (target.hasEnded || ground === null) {
      throw subscriptionEnded(asked.subscriptionId);
    }
    const verdict = resolveCommand(asked, ground);
    if (verdict.kind === 'REFUSED') {
      throw commandRefused(verdict.code);
    }
    return target;
  }
}

/** The ledger keeps what was asked for by its kind, as `append` has written it. */
function askedOf({ kind, asked }: Pick<CommandFacts, 'kind' | 'asked'>): AskedCommand {
  return { kind, ...asked } as AskedCommand;
}

function requirePaid(target: CommandTarget | null, subscriptionId: string): PaidTarget {
  if (target === null || target.connectionId === null || target.stripeSubscriptionId === null) {
    throw subscriptionNotFound(subscriptionId);
  }
  return { ...target, connectionId: target.connectionId, stripeSubscriptionId: target.stripeSubscriptionId };
}
