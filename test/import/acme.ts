import type { GivenUser, StoreCustomer, StripeStore } from '../support/oracle/account.js';
import { plainEmail } from '../support/oracle/people.js';

/** What Acme Cloud, the sandbox's company, sells: the catalog that the import's tests put into Kana. */
const FEATURES = [
  { id: 'projects', name: 'Projects', type: 'CONSUMABLE' },
  { id: 'seats', name: 'Seats', type: 'CONSUMABLE', unitLabel: 'seat', unitLabelPlural: 'seats' },
  { id: 'api/calls', name: 'API calls', type: 'CONSUMABLE' },
  { id: 'storage', name: 'Storage', type: 'CONSUMABLE' },
  { id: 'sso', name: 'Single sign-on', type: 'BINARY' },
  { id: 'support', name: 'Priority support', type: 'BINARY' },
  { id: 'audit-log', name: 'Audit log', type: 'BINARY' },
  { id: 'time-travel', name: 'In no package', type: 'BINARY' },
] as const;

interface Amounts {
  projects: number | null;
  seats: number;
  calls: number;
  storage: number;
}

/** Projects come by item here, so that two items of one plan add up. */
const amounts = ({ projects, seats, calls, storage }: Amounts) => [
  { featureId: 'projects', limit: projects, scalesWithQuantity: projects !== null },
  { featureId: 'seats', limit: seats },
  { featureId: 'api/calls', limit: calls, resetPeriod: 'MONTH' },
  { featureId: 'storage', limit: storage },
];

const has = (...features: string[]) => features.map((featureId) => ({ featureId }));

const PACKAGES = [
  { id: 'starter', name: 'Starter', features: amounts({ projects: 3, seats: 1, calls: 0, storage: 5 }) },
  { id: 'team', name: 'Team', features: amounts({ projects: 20, seats: 5, calls: 10_000, storage: 50 }) },
  {
    id: 'business',
    name: 'Business',
    features: [...amounts({ projects: null, seats: 25, calls: 100_000, storage: 500 }), ...has('audit-log')],
  },
  { id: 'legacy-pro', name: 'Legacy Pro', features: [...amounts({ projects: 10, seats: 3, calls: 500, storage: 20 }), ...has('audit-log')] },
  { id: 'extra-seats', name: 'Extra seats', isAddon: true, limitsAdd: true, features: [{ featureId: 'seats', limit: 1, scalesWithQuantity: true }] },
  { id: 'sso', name: 'SSO', isAddon: true, basePackageIds: ['business'], features: has('sso') },
  { id: 'support', name: 'Priority support', isAddon: true, basePackageIds: ['team', 'business'], features: has('support') },
  {
    id: 'api-pack',
    name: 'API calls',
    isAddon: true,
    requiresBase: false,
    features: [{ featureId: 'api/calls', limit: 0, resetPeriod: 'MONTH', overageEnabled: true }],
  },
  { id: 'storage-pack', name: 'Storage', isAddon: true, features: [{ featureId: 'storage', limit: 1, scalesWithQuantity: true }] },
] as const;

/** Stays a draft until a test publishes it. */
export const DRAFT = 'support';
/** Is archived before the import, with its prices mapped. */
export const ARCHIVED = 'legacy-pro';
/** Left unmapped until a test maps it. */
export const UNMAPPED = 'price_RetainerMonthUsd';

export const ACME = { features: FEATURES, packages: PACKAGES };

const PACKAGE_OF_PRODUCT: Record<string, string> = {
  prod_AcmeStarter: 'starter',
  prod_AcmeTeam: 'team',
  prod_AcmeBusiness: 'business',
  prod_AcmeLegacyPro: ARCHIVED,
  prod_AcmeSeats: 'extra-seats',
  prod_AcmeSso: 'sso',
  prod_AcmeSupport: DRAFT,
  prod_AcmeApiCalls: 'api-pack',
  prod_AcmeStorage: 'storage-pack',
};
const LEFT_OUT = ['price_StarterLegacyUsd', 'price_SsoYearUsd'];

interface ProductPrice {
  readonly price: { readonly id: string; readonly product?: string };
  readonly inline: boolean;
}

/** Most listed prices, by their product. Retainers, a few others and all inline prices stay unmapped. */
export function mappingOf(store: { readonly prices: readonly ProductPrice[] }): Record<string, string> {
  const mapping: Record<string, string> = {};
  for (const { price, inline } of store.prices) {
    const packageId = PACKAGE_OF_PRODUCT[price.product ?? ''];
    if (packageId !== undefined && !inline && !LEFT_OUT.includes(price.id)) {
      mapping[price.id] = packageId;
    }
  }
  return mapping;
}

/**
 * Users whom the company knows already, in every relation to Stripe's customers that matching tells apart. Customers are
 * taken of whom no namesake is named by metadata: those may lose their links to the order of arrival.
 */
export function usersBeforehand(store: StripeStore): GivenUser[] {
  const [payer, estranged, spelled, shared, named, taken] = plainCustomers(store);
  return [
    { id: 'co-0001', name: 'Known by billingId', billingId: payer?.id },
    { id: 'co-0002', email: 'elsewhere@company.example', billingId: estranged?.id },
    { id: 'co-0003', name: 'Known by email', email: spelled?.email?.trim().toUpperCase() },
    { id: 'co-0004', email: plainEmail(shared?.email) ?? undefined },
    { id: 'co-0005', email: shared?.email?.trim().toUpperCase() },
    { id: plainEmail(named?.email) ?? 'co-0006', name: 'Known by an id that is an email' },
    { id: plainEmail(taken?.email) ?? 'co-0007', email: 'somebody.else@company.example' },
    { id: 'user_known_to_company', name: 'Known by metadata' },
    { id: 'co-0009', email: 'nobody@company.example' },
  ];
}

const RELATIONS = 6;

function plainCustomers(store: StripeStore): StoreCustomer[] {
  const all = store.customers.map((customer) => ({ customer, email: plainEmail(customer.email) }));
  const isNamed = (customer: StoreCustomer): boolean => Object.keys(customer.metadata ?? {}).length > 0;
  const byEmail = Map.groupBy(all, ({ email }) => email);
  const paying = new Set(store.subscriptions.filter(({ status }) => status === 'active').map(({ customer }) => customer));
  const plain = [...byEmail].filter(([email, namesakes]) => email !== null && !namesakes.some(({ customer }) => isNamed(customer)));
  // First those of whom several share an email: they show more.
  return plain
    .toSorted(([one, few], [other, more]) => more.length - few.length || ((one ?? '') < (other ?? '') ? -1 : 1))
    .flatMap(([, namesakes]) => namesakes.find(({ customer }) => paying.has(customer.id))?.customer ?? [])
    .slice(0, RELATIONS);
}
