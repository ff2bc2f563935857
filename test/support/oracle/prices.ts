import { isLive, isReadable, reasonOfPrice, type Situation, type StoreItem, type StorePrice, type StoreSubscription, type StoreTier } from './account.js';
import type { People } from './people.js';

/** A price of the price list with what waits on it (rule M4). */
export interface OraclePrice {
  readonly state: 'MAPPED' | 'UNMAPPED' | 'ONE_OFF';
  readonly subscriptions: number;
  readonly users: number;
  /** `currency: amount`, in minor units by month, not rounded. */
  readonly monthly: Readonly<Record<string, number>>;
  readonly unknownItems: number;
}

interface Waiting {
  readonly subscription: StoreSubscription;
  readonly item: StoreItem;
}

/** All prices that Kana can know: those of the lists, and inline ones that an imported item carries. */
export function pricesOf(situation: Situation, people: People): Map<string, OraclePrice> {
  const readable = situation.store.subscriptions.filter((one) => isReadable(situation, one));
  const carried = readable.flatMap(({ items }) => items.map(({ price }) => price.id));
  const known = situation.store.prices.filter(({ price, inline }) => !inline || carried.includes(price.id));
  return new Map(known.map(({ price }) => [price.id, priceOf(situation, people, price, readable)]));
}

function priceOf(situation: Situation, people: People, price: StorePrice, readable: readonly StoreSubscription[]): OraclePrice {
  const waiting: Waiting[] = [];
  for (const subscription of readable.filter(isLive)) {
    for (const item of subscription.items) {
      if (item.price.id === price.id && reasonOfPrice(situation, price.id) !== null) {
        waiting.push({ subscription, item });
      }
    }
  }
  const users = waiting.map(({ subscription }) => people.placements.get(subscription.customer)?.userId ?? null);
  return {
    state: stateOf(situation, price),
    subscriptions: new Set(waiting.map(({ subscription }) => subscription.id)).size,
    users: new Set(users.filter((userId) => userId !== null)).size,
    ...moneyOf(price, waiting),
  };
}

function stateOf({ mapping }: Situation, price: StorePrice): OraclePrice['state'] {
  if (mapping[price.id] !== undefined) {
    return 'MAPPED';
  }
  return price.type === 'one_time' ? 'ONE_OFF' : 'UNMAPPED';
}

function moneyOf(price: StorePrice, waiting: readonly Waiting[]): Pick<OraclePrice, 'monthly' | 'unknownItems'> {
  const monthly: Record<string, number> = {};
  let unknownItems = 0;
  for (const { subscription, item } of waiting) {
    if (price.recurring === null || price.recurring.usage_type === 'metered') {
      unknownItems += 1;
    } else {
      const months = monthsOf(price.recurring.interval) * price.recurring.interval_count;
      const amount = perInterval(price, subscription.currency, item.quantity ?? 1) / months;
      monthly[subscription.currency] = (monthly[subscription.currency] ?? 0) + amount;
    }
  }
  return { monthly, unknownItems };
}

function monthsOf(interval: string): number {
  if (interval !== 'month' && interval !== 'year') {
    throw new Error(`The oracle knows no months of a ${interval}.`);
  }
  return interval === 'year' ? 12 : 1;
}

function perInterval(price: StorePrice, currency: string, quantity: number): number {
  const amount = currency === price.currency ? price : price.currency_options?.[currency];
  if (amount === undefined) {
    throw new Error(`${price.id} has no amount in ${currency}.`);
  }
  return amount.tiers === undefined ? Number(amount.unit_amount_decimal) * quantity : graduated(amount.tiers, quantity);
}

/** Unit by unit, as one would count on one's fingers. */
function graduated(tiers: readonly StoreTier[], quantity: number): number {
  let total = 0;
  const entered = new Set<StoreTier>();
  for (let unit = 1; unit <= quantity; unit += 1) {
    const tier = tiers.find(({ up_to: last }) => last === null || unit <= last);
    if (tier !== undefined) {
      total += Number(tier.unit_amount_decimal ?? 0) + (entered.has(tier) ? 0 : (tier.flat_amount ?? 0));
      entered.add(tier);
    }
  }
  return total;
}
