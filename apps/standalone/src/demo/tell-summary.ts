import type { Terminal } from '../terminal.js';
import type { ApiClient } from './api-client.js';
import type { Check, ImportRow, ImportRun, Price, WhySubscription } from './api-shapes.js';
import { count } from './watch-import.js';

/** Of one product; companies that use inline prices have one a subscription. */
const PRICES_TOLD = 3;

/** What the import did, in numbers, then one question answered with its why. */
export async function tellSummary(api: ApiClient, run: ImportRun, out: Terminal): Promise<void> {
  const { counts, users } = run;
  out.line('\nSummary of the import');
  out.line(`  Subscriptions seen      ${count(counts.seen)}`);
  out.line(`  Imported                ${count(counts.created + counts.updated + counts.unchanged)}  (of which ${count(counts.partlyParked)} with items that wait)`);
  out.line(`  Parked                  ${count(counts.parked)}`);
  out.line(`  Failed                  ${count(counts.failed)}`);
  out.line(`  Users matched           ${count(users.matchedByBillingId + users.matchedByMetadata + users.matchedByEmail)}  (by billingId ${users.matchedByBillingId}, metadata ${users.matchedByMetadata}, email ${users.matchedByEmail})`);
  out.line(`  Users created           ${count(users.created)}`);
  out.line(`  Customers in conflict   ${count(users.conflicts)}`);
  tellWaiting(await api.all<Price>('/v1/stripe/prices?state=UNMAPPED'), out);
  await tellWorkedAnswer(api, run, out);
}

function tellWaiting(prices: readonly Price[], out: Terminal): void {
  const waiting = prices
    .filter((price) => price.waiting.subscriptions > 0)
    .toSorted((one, other) => other.waiting.subscriptions - one.waiting.subscriptions);
  out.line(`\nWaiting on unmapped prices (${waiting.length} prices)`);
  for (const [product, own] of Map.groupBy(waiting, (price) => price.product.name)) {
    const named = own.slice(0, PRICES_TOLD).map(({ id, waiting: { subscriptions } }) => `${id} (${subscriptions})`);
    const more = own.length > named.length ? ` and ${own.length - named.length} prices more` : '';
    out.line(`  ${product}: ${named.join(', ')}${more}`);
  }
  const [first] = waiting;
  if (first !== undefined) {
    out.line(`  Map one with  PUT /v1/stripe/prices/${encodeURIComponent(first.id)}/mapping  {"packageId": "team"}`);
  }
}

/** Of the user with the most packages: the answer has the most to say. */
async function tellWorkedAnswer(api: ApiClient, run: ImportRun, out: Terminal): Promise<void> {
  const { data } = await api.get<{ data: ImportRow[] }>(`/v1/stripe/imports/${run.id}/rows?result=CREATED&limit=100`);
  const [row] = data
    .filter(({ userId, packages }) => userId !== null && packages.some(({ packageId, status }) => packageId === 'team' && status === 'ACTIVE'))
    .toSorted((one, other) => other.packages.length - one.packages.length);
  if (row === undefined || row.userId === null) {
    return;
  }
  const check = await api.post<Check>('/v1/entitlements/check', { userId: row.userId, featureId: 'seats', explain: true });
  out.line(`\nMay ${check.userId} use the feature "seats"?`);
  out.line(`  ${check.access ? 'Yes' : 'No'} (${check.reason.code}): ${check.reason.text}`);
  if (check.consumption !== null) {
    out.line(`  Used ${check.consumption.used} of ${check.consumption.budget === null ? 'unlimited' : count(check.consumption.budget)}`);
  }
  for (const subscription of (check.why?.subscriptions ?? []).filter(({ code }) => code === 'COUNTS')) {
    tellChain(check, subscription, out);
  }
}

function tellChain(check: Check, { stripe, package: { id, name }, terms, quantity }: WhySubscription, out: Terminal): void {
  if (stripe === null || terms === null) {
    return;
  }
  const steps = [
    `user ${check.userId}`,
    stripe.customer && `customer ${stripe.customer.id} (matched by ${stripe.customer.matchedBy})`,
    `Stripe subscription ${stripe.subscriptionId}`,
    stripe.itemId && `item ${stripe.itemId}${quantity === null ? '' : ` × ${quantity}`}`,
    stripe.price && `price ${stripe.price.id} (${stripe.price.productName ?? '?'})`,
    `package ${id} (${name})`,
    `feature ${check.featureId}, limit ${terms.limit === null ? 'unlimited' : count(terms.limit)}`,
  ];
  out.line(`  Why: ${steps.filter(Boolean).join(' → ')}`);
}
