import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, transactionWithRetry } from '@app/common';
import { type ClaimedCommand, type CommandFacts, type CommandKind, CommandOutbox } from '@app/sync';

import { lockStripeObjects } from '../applier/subscription.queries.js';
import { subscriptionNotFound } from '../manual/manual.errors.js';
import type { AskedCommand } from './asked-command.js';
import type { Appended, Asking, CommandFamily } from './command-family.js';
import { commandRefused } from './command.errors.js';
import { loadGround, loadTarget, type PaidTarget } from './command-ground.queries.js';
import type { CommandGround, CommandVerdict } from './command.types.js';
import { loadPaid, requirePaid } from './load-paid.js';
import { changeGround, digest, PreviewSeal } from './preview/preview-seal.js';
import { resolveCommand } from './resolve-command.js';

/** What somebody asks for. */
export interface Wanted {
  readonly asked: AskedCommand;
  /** As it came with the preview of just this, whose amounts it is to cost. */
  readonly preview?: string | undefined;
}

/** Decides what Kana wants Stripe to change about subscriptions, and says what is to be sent for it (rules K1, K2). */
@Injectable()
export class SubscriptionCommandService implements CommandFamily {
  readonly kinds: readonly CommandKind[] = ['CANCEL', 'RESUME', 'CHANGE_QUANTITY', 'PAUSE', 'UNPAUSE', 'CHANGE_PACKAGE', 'ADD_ADDON', 'REMOVE_ADDON'];

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly outbox: CommandOutbox,
    private readonly seals: PreviewSeal,
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
   * @throws KanaError subscription_not_found, subscription_not_paid, what `PreviewSeal.redeem` throws, or a code of `CommandRefusal`
   */
  async ask(wanted: Wanted, askedBy: string): Promise<Appended> {
    return transactionWithRetry(this.em, (em) => this.append(em, wanted, { askedBy }));
  }

  async askAgain(em: EntityManager, failed: CommandFacts, asking: Asking): Promise<Appended> {
    // What was previewed then may cost another amount now.
    return this.append(em, { asked: plainOf(askedOf(failed)) }, asking);
  }

  async resolve(command: ClaimedCommand): Promise<CommandVerdict> {
    const em = this.em.fork();
    const asked = askedOf(command);
    const target = await loadTarget(em, asked.subscriptionId);
    // Of what it was asked about: a mapping that has changed meanwhile may have put another record in its place.
    const ground = target === null ? null : await loadGround(em, asked, { ...target, connectionId: command.connectionId, stripeSubscriptionId: command.object?.id ?? '' }, this.clock.now());
    if (ground === null) {
      return { kind: 'REFUSED', code: 'item_not_found' };
    }
    return isAsPreviewed(asked, ground) ? resolveCommand(asked, ground) : { kind: 'REFUSED', code: 'preview_outdated' };
  }

  private async append(em: EntityManager, wanted: Wanted, asking: Asking): Promise<Appended> {
    const { target, asked } = await this.take(em, wanted);
    const { connectionId, stripeSubscriptionId, userKey } = target;
    const { kind, ...words } = asked;
    const subject = { type: 'SUBSCRIPTION', id: stripeSubscriptionId } as const;
    const id = await this.outbox.append(em, { connectionId, kind, subject, userKey, asked: words, ...asking });
    return { id, connectionId };
  }

  private async isFirst(em: EntityManager, { connectionId, stripeSubscriptionId }: PaidTarget): Promise<boolean> {
    return !(await this.outbox.isOpen(em, connectionId, { type: 'SUBSCRIPTION', id: stripeSubscriptionId }));
  }

  /** Takes the Stripe subscription: decisions about it come one after the other, in the order in which they are sent. */
  private async take(em: EntityManager, { asked, preview }: Wanted): Promise<{ target: PaidTarget; asked: AskedCommand }> {
    const { subscriptionId } = asked;
    const before = requirePaid(await loadTarget(em, subscriptionId), subscriptionId);
    await lockStripeObjects(em, before.connectionId, [before.stripeSubscriptionId]);
    const { target, ground, at } = await loadPaid(em, asked, this.clock.now());
    const verdict = resolveCommand(asked, ground);
    if (verdict.kind === 'REFUSED') {
      throw commandRefused(verdict);
    }
    const held = preview === undefined ? {} : this.seals.redeem(preview, { asked, ground: changeGround(ground.subscription, verdict.request, await this.isFirst(em, target)), at });
    return { target, asked: { ...asked, ...held } };
  }
}

/** Without what came of a preview. */
function plainOf({ prorationDate: _reckoned, previewed: _rested, ...asked }: AskedCommand): AskedCommand {
  return asked;
}

/** Whether what was previewed is what would be done; what has become impossible is told as that. */
function isAsPreviewed(asked: AskedCommand, ground: CommandGround): boolean {
  const verdict = resolveCommand(plainOf(asked), ground);
  return asked.previewed === undefined || verdict.kind === 'REFUSED' || asked.previewed === digest(changeGround(ground.subscription, verdict.request));
}

/** The ledger keeps what was asked for by its kind, as `append` has written it. */
function askedOf({ kind, asked }: Pick<CommandFacts, 'kind' | 'asked'>): AskedCommand {
  return { kind, ...asked } as AskedCommand;
}
