import type { GivenUser, Situation, StoreCustomer, StoreSubscription, StripeStore } from './account.js';
import { type Prediction, predictImport } from './oracle.js';
import { METADATA_KEY, plainEmail } from './people.js';
import type { OraclePrice } from './prices.js';

/** The oracle compares everybody with everybody: of so many subscriptions at once it is quick. */
const PART_SIZE = 100;

/**
 * As `predictImport`, of an account too large for it. Who has no name in common with others, over any number of corners,
 * has nothing to do with them: such circles of people are worked out apart, and added up.
 */
export function predictInParts(situation: Situation): Prediction {
  const { store, users } = situation;
  const circles = new Circles();
  users.forEach((user) => circles.join(namesOfUser(user)));
  store.customers.forEach((customer) => circles.join([...namesOfCustomer(customer), ...linkedTo(situation, customer)]));
  const count = Math.ceil(store.subscriptions.length / PART_SIZE);
  const partOf = (name: string): number => circles.numberOf(name) % count;
  const parts = {
    users: Map.groupBy(users, ({ id }) => partOf(id)),
    customers: Map.groupBy(store.customers, ({ id }) => partOf(id)),
    subscriptions: Map.groupBy(store.subscriptions, ({ customer }) => partOf(customer)),
  };
  const predictions = Array.from({ length: count }, (_, part) => {
    const subscriptions = parts.subscriptions.get(part) ?? [];
    const customers = parts.customers.get(part) ?? [];
    return predictImport({ ...situation, users: parts.users.get(part) ?? [], store: { prices: pricesFor(store, subscriptions), customers, subscriptions } });
  });
  return addUp(predictions);
}

/** Of inline prices those that are carried: nobody knows the others. */
function pricesFor({ prices }: StripeStore, subscriptions: readonly StoreSubscription[]): StripeStore['prices'] {
  const carried = new Set(subscriptions.flatMap(({ items }) => items.map(({ price }) => price.id)));
  return prices.filter(({ price, inline }) => !inline || carried.has(price.id));
}

/** Everything by which the one may be taken for the other. */
function namesOfUser({ id, email, billingId }: GivenUser): string[] {
  return [id, plainEmail(id), plainEmail(email), billingId].filter((name) => typeof name === 'string');
}

function namesOfCustomer({ id, email, metadata }: StoreCustomer): string[] {
  const wanted = metadata?.[METADATA_KEY];
  return [id, plainEmail(id), plainEmail(email), wanted, plainEmail(wanted)].filter((name) => typeof name === 'string');
}

function linkedTo({ links = {} }: Situation, { id }: StoreCustomer): string[] {
  const link = links[id];
  return link === undefined ? [] : [link.userId];
}

/** Names that belong together, through whatever other names. */
class Circles {
  private readonly next = new Map<string, string>();
  private readonly numbers = new Map<string, number>();

  join([first = '', ...others]: readonly string[]): void {
    for (const other of others) {
      const [one, two] = [this.head(first), this.head(other)];
      if (one !== two) {
        this.next.set(two, one);
      }
    }
  }

  numberOf(name: string): number {
    const head = this.head(name);
    const number = this.numbers.get(head) ?? this.numbers.size;
    this.numbers.set(head, number);
    return number;
  }

  private head(name: string): string {
    let head = name;
    for (let next = this.next.get(head); next !== undefined; next = this.next.get(head)) {
      head = next;
    }
    return head;
  }
}

function addUp(parts: readonly Prediction[]): Prediction {
  return {
    users: parts.flatMap(({ users }) => users),
    counts: parts.map(({ counts }) => counts).reduce(addCounts),
    userCounts: parts.map(({ userCounts }) => userCounts).reduce(addCounts),
    rows: new Map(parts.flatMap(({ rows }) => [...rows])),
    prices: parts.map(({ prices }) => prices).reduce(addPrices),
    access: new Map(parts.flatMap(({ access }) => [...access])),
    issues: [...new Set(parts.flatMap(({ issues }) => issues))].toSorted(),
    contested: parts.flatMap(({ contested }) => contested),
  };
}

function addCounts<Counts extends object>(one: Counts, other: Counts): Counts {
  const sums = Object.entries(one).map(([name, count]) => [name, Number(count) + Number(Reflect.get(other, name))] as const);
  return { ...one, ...Object.fromEntries(sums) };
}

/** A person waits on a price in one part only. */
function addPrices(some: Prediction['prices'], others: Prediction['prices']): Map<string, OraclePrice> {
  const sum = new Map(some);
  for (const [id, other] of others) {
    const one = sum.get(id);
    sum.set(id, one === undefined ? other : addPrice(one, other));
  }
  return sum;
}

function addPrice(one: OraclePrice, other: OraclePrice): OraclePrice {
  const monthly = { ...one.monthly };
  for (const [currency, amount] of Object.entries(other.monthly)) {
    monthly[currency] = (monthly[currency] ?? 0) + amount;
  }
  return {
    state: one.state,
    subscriptions: one.subscriptions + other.subscriptions,
    users: one.users + other.users,
    monthly,
    unknownItems: one.unknownItems + other.unknownItems,
  };
}
