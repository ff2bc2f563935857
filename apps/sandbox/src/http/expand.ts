import { badRequest } from './faults.js';
import type { Right } from './keys.js';

/** What to expand, level by level: `data.customer` is `data → customer → (nothing further)`. */
export type ExpandTree = Map<string, ExpandTree>;

interface Expansion {
  tree: ExpandTree;
  /** Reading another object through an expansion takes the right to read it. */
  rights: Set<Right>;
}

/** Where a field leads. `right` where the object is not part of the answer anyway. */
interface Step {
  to: string;
  right?: Right;
}

const LEAF = 'leaf';

/** The fields that lead somewhere, of each kind of object the sandbox serves. */
const STEPS: Record<string, Record<string, Step>> = {
  account: {},
  checkout_session: {
    customer: { to: 'customer', right: 'customers' },
    line_items: { to: 'line_item list' },
    subscription: { to: 'subscription', right: 'subscriptions' },
  },
  line_item: { price: { to: 'price' } },
  invoice: {},
  product: { default_price: { to: 'price', right: 'prices' } },
  price: {
    product: { to: 'product', right: 'products' },
    tiers: { to: LEAF },
    currency_options: { to: 'currency_options' },
  },
  currency_options: { '*': { to: 'currency_option' } },
  currency_option: { tiers: { to: LEAF } },
  plan: { product: { to: 'product', right: 'products' }, tiers: { to: LEAF } },
  customer: { subscriptions: { to: 'subscription list', right: 'subscriptions' } },
  subscription: { customer: { to: 'customer', right: 'customers' }, items: { to: 'subscription_item list' } },
  subscription_item: { price: { to: 'price' }, plan: { to: 'plan' } },
};

/** Expandable in Stripe, but objects of these kinds are not kept here. */
const NOT_KEPT: Record<string, string[]> = {
  checkout_session: ['invoice', 'payment_intent', 'payment_link', 'setup_intent'],
  line_item: ['discounts', 'taxes'],
  product: ['tax_code'],
  customer: ['default_source', 'sources', 'tax_ids', 'tax', 'cash_balance', 'invoice_credit_balance', 'test_clock'],
  subscription: [
    'application', 'default_payment_method', 'default_source', 'discounts', 'latest_invoice', 'on_behalf_of',
    'pending_setup_intent', 'schedule', 'test_clock',
  ],
  subscription_item: ['discounts'],
};

const DEPTH = 4;

/** Checks the `expand[]` of a request against what its answer is (`subscription`, `subscription list`, …). */
export function planExpansion(paths: string[], answer: string): Expansion {
  const expansion: Expansion = { tree: new Map(), rights: new Set() };
  for (const path of paths) {
    const fields = path.split('.');
    if (fields.length > DEPTH) {
      const message = `You cannot expand more than ${DEPTH} levels of a property. Property: ${path}`;
      throw badRequest(message, { param: 'expand' });
    }
    follow(expansion, fields, path, answer);
  }
  return expansion;
}

function follow(expansion: Expansion, fields: string[], path: string, answer: string): void {
  let { tree } = expansion;
  let kind = answer;
  for (const field of fields) {
    const step = stepFrom(kind, field);
    if (!step) throw refusal(kind, field, path, answer);
    if (step.right) expansion.rights.add(step.right);
    const below = tree.get(field) ?? new Map<string, ExpandTree>();
    tree.set(field, below);
    tree = below;
    kind = step.to;
  }
}

function stepFrom(kind: string, field: string): Step | undefined {
  if (kind.endsWith(' list')) return field === 'data' ? { to: kind.slice(0, -' list'.length) } : undefined;
  const steps = STEPS[kind] ?? {};
  return Object.hasOwn(steps, field) ? steps[field] : steps['*'];
}

function refusal(kind: string, field: string, path: string, answer: string): Error {
  if (NOT_KEPT[kind]?.includes(field)) {
    return badRequest(`The sandbox cannot expand ${path}: it keeps no such objects.`, { param: 'expand' });
  }
  const inList = answer.endsWith(' list') && !path.startsWith('data.');
  const hint = inList ? ` You may want to try expanding 'data.${path}' instead.` : '';
  return badRequest(`This property cannot be expanded (${path}).${hint}`, { param: 'expand' });
}
