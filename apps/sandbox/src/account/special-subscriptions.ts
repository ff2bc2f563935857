import type { ItemDraft, SubscriptionDraft, Traits } from './draft.js';

/** One subscription that shows one thing, for a customer of its own. */
interface SpecialSubscription {
  name: string;
  terms: Pick<SubscriptionDraft, 'currency' | 'status' | 'items' | 'traits'>;
}

const one = (price: ItemDraft['price'], quantity = 1): ItemDraft => ({ price, quantity });
const TEAM = one('price_TeamMonthUsd');
const BUSINESS = one('price_BusinessMonthUsd');

function special(
  name: string,
  items: ItemDraft[],
  rest: { status?: string; currency?: string; traits?: Partial<Traits> } = {},
): SpecialSubscription {
  const { status = 'active', currency = 'usd', traits = {} } = rest;
  return { name, terms: { currency, status, items, traits } };
}

/** Departments of one company, each with its line of seats: the same price again and again. */
function departments(lines: number): ItemDraft[] {
  return Array.from({ length: lines }, (_, index) => ({
    price: 'price_SeatsMonthUsd',
    quantity: index + 1,
    metadata: { department: `d${index + 1}` },
  }));
}

function agreed(minor: number): ItemDraft {
  return one({ amount: { kind: 'whole', minor }, every: { interval: 'month' } });
}

/** Every status of Stripe's enum, and one that the SDK does not know. */
const STATUSES = [
  'active', 'trialing', 'past_due', 'unpaid', 'paused', 'incomplete', 'incomplete_expired', 'canceled', 'on_hold',
].map((status) => special(`status_${status}`, [TEAM], { status }));

const ITEMS = [
  special('items_10', [BUSINESS, ...departments(9)]),
  special('items_11', [BUSINESS, ...departments(10)]),
  special('items_12_inline', [BUSINESS, ...Array.from({ length: 11 }, (_, index) => agreed(1_000 + index))]),
  special('items_25', [BUSINESS, one('price_SupportMonth'), ...departments(23)]),
  special('same_price_twice', [TEAM, one('price_SeatsMonthUsd', 3), one('price_SeatsMonthUsd', 5)]),
  special('same_base_price_twice', [TEAM, TEAM]),
  special('quantity_zero', [TEAM, one('price_SeatsMonthUsd', 0)]),
  special('metered_with_base', [TEAM, { price: 'price_ApiCallsMonth' }]),
  special('metered_only', [{ price: 'price_ApiCallsMonth' }]),
  special('mixed_intervals', [one('price_TeamYearUsd'), one('price_SeatsMonthUsd', 4), { price: 'price_ApiCallsMonth' }]),
  special('quarterly', [one('price_TeamQuarterUsd')]),
  special('decimal_amount', [TEAM, one('price_StorageMonth', 250)]),
  special('tiered_base', [one('price_BusinessTieredUsd', 35)]),
  special('three_decimal_currency', [one('price_BusinessMonthKwd'), one('price_SupportMonth')], { currency: 'kwd' }),
  special('currency_option', [one('price_TeamMonthEur'), one('price_SsoMonth')], { currency: 'eur' }),
  special('chosen_price_id', [one('gold plan/2019')]),
  special('inactive_price', [one('price_StarterLegacyUsd')]),
  special('inactive_product', [one('price_LegacyProMonthUsd')]),
  special('unmapped_like_retainer', [one('price_RetainerMonthUsd')]),
  special('base_and_retainer', [TEAM, one('price_RetainerMonthUsd')]),
  special('inline_price', [agreed(123_456)]),
  special('inline_price_with_base', [BUSINESS, agreed(77_700)]),
  special('addon_only', [one('price_SupportMonth')]),
  special('two_bases_in_one', [one('price_StarterMonthUsd'), TEAM]),
];

const TRAITS = [
  special('trial', [TEAM, one('price_SeatsMonthUsd', 2)], { status: 'trialing' }),
  special('cancel_at_period_end', [TEAM], { traits: { cancelAtPeriodEnd: true } }),
  special('cancel_at', [TEAM], { traits: { cancelsLater: true } }),
  special('pause_void', [TEAM], { traits: { pauseCollection: { behavior: 'void', resumes_at: null } } }),
  special('pause_keep_as_draft', [TEAM], {
    traits: { pauseCollection: { behavior: 'keep_as_draft', resumes_at: Date.UTC(2026, 11, 1) / 1000 } },
  }),
  special('pause_mark_uncollectible', [TEAM], {
    traits: { pauseCollection: { behavior: 'mark_uncollectible', resumes_at: null } },
  }),
  special('schedule_attached', [BUSINESS], { traits: { schedule: 'sub_sched_1AcmeRenewal' } }),
  special('discounted', [TEAM], { traits: { discounts: ['di_1AcmeWelcome', 'di_1AcmeLoyal'] } }),
  special('send_invoice', [BUSINESS], { traits: { daysUntilDue: 30 } }),
  special('own_payment_method', [TEAM], { traits: { defaultPaymentMethod: 'pm_1AcmeCard' } }),
  special('classic_billing', [TEAM], { traits: { billingMode: 'classic' } }),
  special('backdated', [one('price_TeamYearUsd')], { traits: { backdated: true } }),
];

/** In the order in which a small account takes them: the plain one first. */
export const SPECIAL_SUBSCRIPTIONS: SpecialSubscription[] = [special('plain', [TEAM]), ...STATUSES, ...ITEMS, ...TRAITS];
