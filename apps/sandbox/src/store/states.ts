import type { WireCustomer } from '../objects/customer.js';
import type { WirePrice } from '../objects/price.js';
import type { WireProduct } from '../objects/product.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { WireObject } from '../objects/wire.js';

export interface PricedItem {
  facts: ItemFacts;
  price: WirePrice;
}

export interface SubscriptionState {
  kind: 'subscription';
  subscription: StoredSubscription;
  items: PricedItem[];
}

/**
 * One object at one moment. States share everything that did not change with the store and with one another, so that
 * thousands of events cost little memory; they are rendered when somebody asks.
 */
export type ObjectState =
  | { kind: 'customer'; customer: WireCustomer }
  | SubscriptionState
  | { kind: 'price'; price: WirePrice }
  | { kind: 'product'; product: WireProduct }
  | { kind: 'other'; object: WireObject };

export type StateKind = Exclude<ObjectState['kind'], 'other'>;
export type StateOf<Kind extends StateKind> = Extract<ObjectState, { kind: Kind }>;

/** Undefined for objects of a kind that the store does not keep. */
export function idOf(state: ObjectState): string | undefined {
  switch (state.kind) {
    case 'customer':
      return state.customer.id;
    case 'subscription':
      return state.subscription.id;
    case 'price':
      return state.price.id;
    case 'product':
      return state.product.id;
    case 'other':
      return undefined;
    default:
      return unknownKind(state);
  }
}

function unknownKind(state: never): never {
  throw new Error(`There is no such state: ${JSON.stringify(state)}`);
}
