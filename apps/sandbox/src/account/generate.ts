import { buildAccount } from '../objects/account.js';
import type { WirePrice } from '../objects/price.js';
import type { AccountData } from '../store/account-data.js';
import { buildCatalog } from './catalog.js';
import { CHAPTER_SIZE, GeneratedChapters } from './chapters.js';
import { AccountDraft } from './draft.js';
import { playOrdinary } from './ordinary.js';
import { ACCOUNT_START, NOW } from './periods.js';
import { Random } from './random.js';
import { playSpecials } from './specials.js';
import { creationTimes } from './times.js';
import type { CreatedShape } from './times.js';
import { AccountWriter } from './write-account.js';

/** The id of the test clock that a few extra objects stand under. */
const TEST_CLOCK = 'clock_1AcmeRehearsal';

/** Accounts up to this size are generated at once, in one piece. Of larger ones only a core is; the rest is chapters. */
export const LARGEST_WHOLE = 20_000;
const CORE = 1_000;

export interface AccountInput {
  seed: string;
  /** What lists show; two more stand under a test clock, which no plain list shows. */
  subscriptions: number;
  created?: CreatedShape;
  /** Instead of `LARGEST_WHOLE`; not below the size of a core. */
  largestWhole?: number;
}

/** One company's Stripe account, out of a seed, a size and a shape alone: the same input gives the same bytes. */
export function generateAccount(input: AccountInput): AccountData {
  const { seed, subscriptions, created: shape = 'grown', largestWhole = LARGEST_WHOLE } = input;
  if (subscriptions <= Math.max(largestWhole, CORE)) return generateWhole(seed, subscriptions, shape);
  const core = CORE + (subscriptions % CHAPTER_SIZE);
  const data = generateWhole(seed, core, shape);
  const catalog = byId(buildCatalog().prices);
  const count = (subscriptions - core) / CHAPTER_SIZE;
  return { ...data, chapters: new GeneratedChapters({ seed, count, shape, catalog, known: core }) };
}

function generateWhole(seed: string, subscriptions: number, shape: CreatedShape): AccountData {
  const random = new Random(seed);
  const catalog = buildCatalog();
  const draft = new AccountDraft();
  playSpecials(draft, subscriptions);
  playOrdinary(draft, subscriptions, random.fork('ordinary'));

  const writer = new AccountWriter(byId(catalog.prices), random.fork('write'));
  const times = creationTimes(draft.subscriptions.length, random.fork('times'), shape);
  // Shuffled, so that the special cases are spread over the account's whole life; written oldest first, as Stripe saw it.
  const inTime = random.fork('order').shuffle(draft.subscriptions);
  for (const [index, created] of times.entries()) {
    const next = inTime[index];
    if (next) writer.subscription(next, created);
  }
  writeStrangers(draft, writer, random.fork('strangers'));
  writeUnderClock(writer);
  const account = buildAccount(random.fork('account').id('acct_1', 16), 'Acme Cloud');
  const listed = catalog.prices.map((price) => ({ price, inline: false }));
  return {
    account,
    products: catalog.products,
    prices: [...listed, ...writer.prices.map((price) => ({ price, inline: true }))],
    customers: writer.customers.toSorted((a, b) => a.customer.created - b.customer.created),
    subscriptions: writer.subscriptions,
    specials: writer.specials,
  };
}

function byId(prices: WirePrice[]): Map<string, WirePrice> {
  return new Map(prices.map((price) => [price.id, price]));
}

/** Customers who never subscribed. */
function writeStrangers(draft: AccountDraft, writer: AccountWriter, random: Random): void {
  for (const customer of draft.customers) {
    writer.customer(customer, ACCOUNT_START + random.below(NOW - ACCOUNT_START), null);
  }
}

/** A rehearsal of the company's own: under a test clock, with times that lie in the future. */
function writeUnderClock(writer: AccountWriter): void {
  const customer = { email: 'rehearsal@acme-cloud.example', name: 'Clock Rehearsal', testClock: TEST_CLOCK };
  for (const status of ['active', 'canceled']) {
    const items = [{ price: 'price_TeamMonthUsd', quantity: 1 }];
    writer.subscription({ customer, currency: 'usd', status, items, traits: {}, special: 'under_test_clock' }, NOW - 60);
  }
}
