import { buildAccount } from '../objects/account.js';
import type { AccountData } from '../store/account-data.js';
import { buildCatalog } from './catalog.js';
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

/**
 * One company's Stripe account, out of a seed, a size and a shape alone: the same input gives the same bytes. `subscriptions`
 * counts what lists show; two more stand under a test clock, which no plain list shows.
 */
export function generateAccount(input: { seed: string; subscriptions: number; created?: CreatedShape }): AccountData {
  const random = new Random(input.seed);
  const catalog = buildCatalog();
  const draft = new AccountDraft();
  playSpecials(draft, input.subscriptions);
  playOrdinary(draft, input.subscriptions, random.fork('ordinary'));

  const writer = new AccountWriter(catalog.prices, random.fork('write'));
  const times = creationTimes(draft.subscriptions.length, random.fork('times'), input.created ?? 'grown');
  // Shuffled, so that the special cases are spread over the account's whole life; written oldest first, as Stripe saw it.
  const inTime = random.fork('order').shuffle(draft.subscriptions);
  for (const [index, created] of times.entries()) {
    const next = inTime[index];
    if (next) writer.subscription(next, created);
  }
  writeStrangers(draft, writer, random.fork('strangers'));
  writeUnderClock(writer);
  const account = buildAccount(random.fork('account').id('acct_1', 16), 'Acme Cloud');
  return {
    account,
    products: catalog.products,
    prices: writer.prices,
    customers: writer.customers.toSorted((a, b) => a.customer.created - b.customer.created),
    subscriptions: writer.subscriptions,
    specials: writer.specials,
  };
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
