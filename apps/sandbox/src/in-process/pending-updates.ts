import { HOUR } from '../account/periods.js';
import { BY_ITSELF } from '../events/event-record.js';
import { badRequest } from '../http/faults.js';
import { buildPlan } from '../objects/plan.js';
import { buildSubscriptionItem } from '../objects/subscription-item.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import { Act } from '../write/act.js';
import type { World } from '../write/act.js';
import { saveSubscription } from '../write/subscription-states.js';

/** How a pending update ends: its payment succeeded, or was waited for too long. */
export const PENDING_TURNS = ['applied', 'expired'] as const;
export type PendingTurn = (typeof PENDING_TURNS)[number];

/** Stripe waits for the payment so long, and no longer than the period lasts. */
const PATIENCE = 23 * HOUR;

/** Updates that wait for their payment: the subscription goes on as it was, and shows what is to become of it. */
export class PendingUpdates {
  constructor(private readonly world: World) {}

  /** Another quantity of every item that has one is wanted, and not paid yet. */
  begin(id: string, quantity: number): void {
    const act = new Act(this.world, BY_ITSELF);
    const subscription = act.subscription(id, 'subscription');
    if (subscription.pending_update || !act.store.isLive(subscription)) {
      throw badRequest(`The subscription \`${id}\` has a pending update, or is over.`, { param: 'subscription' });
    }
    const items = act.store.itemsOf(id);
    const ends = items.map(({ periodEnd }) => periodEnd);
    const pending = {
      billing_cycle_anchor: null,
      cancel_at_period_end: null,
      discount: null,
      discounts: null,
      expires_at: Math.min(act.now(subscription.test_clock) + PATIENCE, ...ends),
      metadata: null,
      subscription_items: items.map((item) => shown(act, wanted(item, quantity))),
      trial_end: null,
      trial_from_plan: null,
    } satisfies StoredSubscription['pending_update'];
    saveSubscription(act, subscription, { fields: { pending_update: pending } });
  }

  /** It takes effect, or is dropped. */
  turn(id: string, turn: PendingTurn): void {
    const act = new Act(this.world, BY_ITSELF);
    const subscription = act.subscription(id, 'subscription');
    const pending = subscription.pending_update;
    if (!pending) throw badRequest(`The subscription \`${id}\` has no pending update.`, { param: 'subscription' });
    const quantities = new Map(pending.subscription_items?.map((item) => [item.id, item.quantity]));
    const known = act.store.itemsOf(id);
    const items = turn === 'applied' ? known.map((item) => wanted(item, quantities.get(item.id))) : known;
    const types = ['customer.subscription.updated', `customer.subscription.pending_update_${turn}`];
    saveSubscription(act, subscription, { fields: { pending_update: null }, items }, types);
  }
}

function wanted(item: ItemFacts, quantity: number | undefined): ItemFacts {
  return quantity === undefined || item.quantity === undefined ? item : { ...item, quantity };
}

function shown(act: Act, item: ItemFacts): ReturnType<typeof buildSubscriptionItem> {
  const { price } = act.store.priced(item);
  if (!price.recurring) throw new Error(`The price ${price.id} is a one-off.`);
  const { tiers: _tiers, currency_options: _options, ...plain } = price;
  return buildSubscriptionItem(item, plain, buildPlan(plain, price.recurring));
}
