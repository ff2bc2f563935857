/** The catalog of "Acme Cloud", the company whose Stripe account the sandbox has. */
const consumable = (id: string, name: string, unitLabel: string): object => ({ id, name, type: 'CONSUMABLE', unitLabel, unitLabelPlural: `${unitLabel}s` });
const binary = (id: string, name: string): object => ({ id, name, type: 'BINARY' });

export const DEMO_FEATURES: readonly object[] = [
  consumable('projects', 'Projects', 'project'),
  consumable('seats', 'Seats', 'seat'),
  consumable('api-calls', 'API calls', 'call'),
  consumable('storage', 'Storage', 'gigabyte'),
  binary('analytics', 'Analytics'),
  binary('sso', 'Single sign-on'),
  binary('priority-support', 'Priority support'),
];

export interface DemoPackage {
  readonly id: string;
  readonly [field: string]: unknown;
}

const monthly = { resetPeriod: 'MONTH' };

export const DEMO_PACKAGES: readonly DemoPackage[] = [
  {
    id: 'starter',
    name: 'Starter',
    features: [
      { featureId: 'projects', limit: 3 },
      { featureId: 'seats', limit: 1 },
      { featureId: 'api-calls', limit: 1000, ...monthly },
    ],
  },
  {
    id: 'team',
    name: 'Team',
    features: [
      { featureId: 'projects', limit: 20 },
      { featureId: 'seats', limit: 5 },
      { featureId: 'api-calls', limit: 10_000, ...monthly },
      { featureId: 'analytics' },
    ],
  },
  {
    id: 'business',
    name: 'Business',
    features: [
      { featureId: 'projects', limit: null },
      { featureId: 'seats', limit: 25 },
      { featureId: 'api-calls', limit: 100_000, ...monthly, overageEnabled: true },
      { featureId: 'analytics' },
      { featureId: 'sso' },
    ],
  },
  {
    id: 'extra-seats',
    name: 'Extra seats',
    isAddon: true,
    limitsAdd: true,
    features: [{ featureId: 'seats', limit: 1, scalesWithQuantity: true }],
  },
  { id: 'priority-support', name: 'Priority support', isAddon: true, features: [{ featureId: 'priority-support' }] },
  { id: 'sso', name: 'SSO', isAddon: true, basePackageIds: ['team', 'business'], features: [{ featureId: 'sso' }] },
  {
    id: 'pay-per-call',
    name: 'API calls, paid by use',
    isAddon: true,
    requiresBase: false,
    features: [{ featureId: 'api-calls', limit: 1000, ...monthly, overageEnabled: true }],
  },
  {
    id: 'storage',
    name: 'Storage',
    isAddon: true,
    requiresBase: false,
    features: [{ featureId: 'storage', limit: 1, scalesWithQuantity: true }],
  },
];

/**
 * Which Stripe product means which package. "Legacy Pro", "Onboarding retainer" and "Custom deal" are left out on
 * purpose: their subscriptions wait, visibly, until somebody maps their prices.
 */
export const DEMO_PACKAGE_BY_PRODUCT: Readonly<Record<string, string>> = {
  Starter: 'starter',
  Team: 'team',
  Business: 'business',
  'Extra seats': 'extra-seats',
  'Priority support': 'priority-support',
  SSO: 'sso',
  'API calls': 'pay-per-call',
  Storage: 'storage',
};
