import { holdingsOf } from './access.js';
import { isLive, isReadable, isUnknown, packageOfPrice, reasonOfPrice, type Situation, type StoreSubscription } from './account.js';
import { type People, plainEmail } from './people.js';

/** Every sync issue that must be open, as `KIND subject`, sorted: no more, no fewer (rules M6, M9, U6, U7, S2, S4, C3, Y7). */
export function issuesOf(situation: Situation, people: People): string[] {
  const readable = situation.store.subscriptions.filter((subscription) => isReadable(situation, subscription));
  const issues = new Set<string>();
  for (const subscription of situation.store.subscriptions) {
    if (!readable.includes(subscription)) {
      issues.add(`RECORD_REFUSED ${subscription.id}`);
    } else if (isUnknown(subscription)) {
      issues.add(`STATUS_UNKNOWN ${subscription.id}`);
    }
  }
  for (const subscription of readable.filter(isLive)) {
    addIssuesOfItems(issues, situation, people, subscription);
  }
  for (const [customerId, { conflict }] of people.placements) {
    if (conflict !== null) {
      issues.add(`${conflict} ${customerId}`);
    }
  }
  addCustomersWithoutEmail(issues, people, readable);
  for (const { id } of people.persons) {
    addIssuesOfUser(issues, situation, people, id);
  }
  return [...issues].toSorted();
}

function addIssuesOfItems(issues: Set<string>, situation: Situation, people: People, subscription: StoreSubscription): void {
  const hasUser = people.placements.get(subscription.customer)?.userId !== null;
  for (const { price } of subscription.items) {
    const reason = reasonOfPrice(situation, price.id);
    const found = packageOfPrice(situation, price.id);
    if (reason !== null) {
      issues.add(`${reason} ${price.id}`);
    } else if (hasUser && found?.status === 'ARCHIVED') {
      issues.add(`PACKAGE_ARCHIVED ${found.id}`);
    }
  }
}

/** Rule U7: a user had to be made under the customer's own id, and somebody pays for it. */
function addCustomersWithoutEmail(issues: Set<string>, people: People, readable: readonly StoreSubscription[]): void {
  for (const { id, customers } of people.persons) {
    for (const { customer, how } of customers) {
      const isNameless = how === 'CREATED' && id === customer.id && plainEmail(customer.email) === null && customer.deleted !== true;
      if (isNameless && readable.some((one) => one.customer === customer.id && isLive(one))) {
        issues.add(`CUSTOMER_WITHOUT_EMAIL ${customer.id}`);
      }
    }
  }
}

/** Rule S4, judged by what gives access now: a base that gives none is none for its add-ons. */
function addIssuesOfUser(issues: Set<string>, situation: Situation, people: People, userId: string): void {
  const held = holdingsOf(situation, people, userId).map((holding) => holding.package);
  const bases = held.filter(({ isAddon }) => !isAddon).map(({ id }) => id);
  const needy = held.filter(({ isAddon, requiresBase }) => isAddon && requiresBase);
  if (bases.some((id) => id !== bases[0])) {
    issues.add(`SEVERAL_BASE_PACKAGES ${userId}`);
  }
  if (needy.length > 0 && bases.length === 0) {
    issues.add(`ADDON_WITHOUT_BASE ${userId}`);
  }
  const isMisplaced = needy.some(({ basePackageIds }) => basePackageIds.length > 0 && !basePackageIds.some((id) => bases.includes(id)));
  if (isMisplaced && bases.length > 0) {
    issues.add(`ADDON_NOT_FOR_BASE ${userId}`);
  }
}
