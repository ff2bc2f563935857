/** Stripe's statuses in the product's words; `UNKNOWN` for one that Stripe adds later (rule S2). */
export const SUBSCRIPTION_STATUSES = [
  'ACTIVE',
  'TRIALING',
  'PAST_DUE',
  'UNPAID',
  'CANCELLED',
  'INCOMPLETE',
  'INCOMPLETE_EXPIRED',
  'PAUSED',
  'UNKNOWN',
] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

export const SUBSCRIPTION_SOURCES = ['STRIPE', 'KANA'] as const;
export type SubscriptionSource = (typeof SUBSCRIPTION_SOURCES)[number];
