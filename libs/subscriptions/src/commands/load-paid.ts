import type { EntityManager } from '@mikro-orm/postgresql';

import { conflict } from '@app/common';

import { subscriptionEnded, subscriptionNotFound } from '../manual/manual.errors.js';
import type { AskedCommand } from './asked-command.js';
import { type CommandTarget, loadGround, loadTarget, type PaidTarget } from './command-ground.queries.js';
import type { CommandGround } from './command.types.js';
import { databaseTime } from './database-time.js';

/** A package subscription that is paid through Stripe, and what a decision about it rests on. */
export interface Paid {
  readonly target: PaidTarget;
  readonly ground: CommandGround;
  /** RFC 3339, by the database's clock. */
  readonly at: string;
}

/** @throws KanaError subscription_not_found, subscription_not_paid, subscription_ended */
export async function loadPaid(em: EntityManager, asked: AskedCommand, now: Date): Promise<Paid> {
  const { subscriptionId } = asked;
  const target = requirePaid(await loadTarget(em, subscriptionId), subscriptionId);
  const ground = await loadGround(em, asked, target, now);
  if (target.hasEnded || ground === null) {
    throw subscriptionEnded(subscriptionId);
  }
  return { target, ground, at: await databaseTime(em) };
}

export function requirePaid(target: CommandTarget | null, subscriptionId: string): PaidTarget {
  if (target === null) {
    throw subscriptionNotFound(subscriptionId);
  }
  if (target.connectionId === null || target.stripeSubscriptionId === null) {
    throw conflict('subscription_not_paid', 'This subscription is given in Kana alone: changing it costs nothing, and there is nothing to ask Stripe for.');
  }
  return { ...target, connectionId: target.connectionId, stripeSubscriptionId: target.stripeSubscriptionId };
}
