import { amountFor } from '../billing/price-amount.js';
import type { ExpandTree } from '../http/expand.js';
import type { View } from '../http/view.js';
import type { WireLineItem } from '../objects/checkout-session.js';
import { buildList } from '../objects/list.js';
import type { WirePrice } from '../objects/price.js';
import type { WireObject } from '../objects/wire.js';
import type { Shown, World } from '../write/act.js';
import type { SoldLine, StoredSession, SubscriptionData } from './sessions.js';

/** How many line items a session shows by itself. */
const EMBEDDED = 10;

export function showSession(world: World, id: string): Shown {
  return (_view, tree) => renderSession(world, knownSession(world, id), tree);
}

/** As of now: what it names is expanded where that is asked for. */
export function renderSession(world: World, { session, ...stored }: StoredSession, tree: ExpandTree | undefined): WireObject {
  const { view } = world;
  const [customer, subscription, lines] = [tree?.get('customer'), tree?.get('subscription'), tree?.get('line_items')];
  return {
    ...session,
    ...(customer && session.customer !== null ? { customer: customerOf(world, session.customer, customer) } : {}),
    ...(subscription && session.subscription !== null ? { subscription: view.subscriptionById(session.subscription, subscription) } : {}),
    ...(lines ? { line_items: embedded(world, { session, ...stored }, lines) } : {}),
  };
}

export function renderLine(world: World, stored: StoredSession, line: SoldLine, tree: ExpandTree | undefined): WireObject {
  const price = world.store.prices.get(line.price);
  if (!price) throw new Error(`The store has no price ${line.price}.`);
  const item = { ...lineItem(world, stored, line, price) };
  return { ...item, price: world.view.price(price, tree?.get('price')) };
}

function embedded(world: World, stored: StoredSession, tree: ExpandTree): object {
  const shown = stored.lines.slice(0, EMBEDDED).map((line) => renderLine(world, stored, line, tree.get('data')));
  return buildList(`/v1/checkout/sessions/${stored.id}/line_items`, shown, stored.lines.length > EMBEDDED);
}

/** A trial is charged later: today the line costs nothing. */
function lineItem({ store }: World, { session, ...stored }: StoredSession, line: SoldLine, price: WirePrice): WireLineItem {
  const currency = session.currency ?? price.currency;
  const cost = hasTrial(stored.subscriptionData) ? 0 : costOf(price, line.quantity, currency);
  return {
    id: line.id,
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: cost,
    amount_tax: 0,
    amount_total: cost,
    currency,
    description: store.products.get(price.product)?.name ?? null,
    metadata: {},
    price,
    quantity: line.quantity ?? null,
  };
}

/** In minor units; what is metered costs nothing beforehand. */
export function costOf(price: WirePrice, quantity: number | undefined, currency: string): number {
  return quantity === undefined ? 0 : Math.round(amountFor(price, quantity, currency));
}

export function hasTrial({ trial_end: end, trial_period_days: days }: SubscriptionData): boolean {
  return end !== undefined || days !== undefined;
}

function customerOf({ store, view }: World, id: string, tree: ExpandTree): ReturnType<View['customer']> | object {
  const customer = store.isDeleted(id) ? undefined : store.customers.get(id);
  return customer ? view.customer(customer, tree) : view.deletedCustomer(id);
}

function knownSession({ checkouts }: World, id: string): StoredSession {
  const stored = checkouts.get(id);
  if (!stored) throw new Error(`There is no session ${id}.`);
  return stored;
}
