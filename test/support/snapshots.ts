import type { CustomerSnapshot, ItemSnapshot, PriceSnapshot, ProductSnapshot, SubscriptionSnapshot } from '@app/stripe';

/** When everything in these snapshots began. */
export const BEGAN = '2026-01-31T10:00:00.000Z';

export function productOf(id: string, difference: Partial<ProductSnapshot> = {}): ProductSnapshot {
  return { id, name: `Product ${id}`, active: true, deleted: false, packageHint: null, createdAt: BEGAN, ...difference };
}

/** A monthly price of 49.00 USD; its product is `prod_` and its id. */
export function priceOf(id: string, difference: Partial<PriceSnapshot> = {}): PriceSnapshot {
  return {
    id,
    productId: `prod_${id}`,
    nickname: null,
    lookupKey: null,
    packageHint: null,
    currency: 'usd',
    unitAmount: 4900,
    unitAmountDecimal: '4900',
    billingScheme: 'per_unit',
    tiersMode: null,
    amounts: { usd: { unitAmount: '4900', tiers: null } },
    transformQuantity: null,
    type: 'recurring',
    interval: 'month',
    intervalCount: 1,
    usageType: 'licensed',
    active: true,
    deleted: false,
    createdAt: BEGAN,
    ...difference,
  };
}

export function itemOf(id: string, priceId: string, difference: Partial<ItemSnapshot> = {}): ItemSnapshot {
  return {
    id,
    priceId,
    productId: `prod_${priceId}`,
    quantity: 1,
    currentPeriodStart: BEGAN,
    currentPeriodEnd: '2026-02-28T10:00:00.000Z',
    createdAt: BEGAN,
    ...difference,
  };
}

/** An active subscription of customer `cus_` and the rest of its id, with one item of each price. */
export function subscriptionOf(id: string, priceIds: readonly string[], difference: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot {
  const name = id.replace(/^sub_/, '');
  return {
    id,
    customerId: `cus_${name}`,
    status: 'active',
    currency: 'usd',
    createdAt: BEGAN,
    startDate: BEGAN,
    trialEnd: null,
    cancelAt: null,
    cancelAtPeriodEnd: false,
    canceledAt: null,
    endedAt: null,
    pauseBehavior: null,
    pauseResumesAt: null,
    scheduleId: null,
    pendingUpdate: false,
    items: priceIds.map((priceId, index) => itemOf(`si_${name}_${index}`, priceId)),
    ...difference,
  };
}

/** A customer whose email is made from its id. */
export function customerOf(id: string, difference: Partial<CustomerSnapshot> = {}): CustomerSnapshot {
  return { id, email: `${id.replace(/^cus_/, '')}@x.example`, name: null, deleted: false, createdAt: BEGAN, userIdHint: null, ...difference };
}
