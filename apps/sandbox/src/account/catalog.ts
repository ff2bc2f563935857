import { buildPrice, tier } from '../objects/price.js';
import type { Amount, PriceFacts, WirePrice } from '../objects/price.js';
import { buildProduct } from '../objects/product.js';
import type { ProductFacts, WireProduct } from '../objects/product.js';
import { ACCOUNT_START, DAY } from './periods.js';

/** What prices that are agreed with one customer are made of. */
export const INLINE_PRODUCT = 'prod_AcmeCustomDeal';

/**
 * The catalog of "Acme Cloud", the company whose Stripe account is generated. Its ids do not depend on the seed, so
 * that mappings, demos and tests can name them.
 */
const PRODUCTS: Omit<ProductFacts, 'created'>[] = [
  { id: 'prod_AcmeStarter', name: 'Starter', description: 'For one person', defaultPrice: 'price_StarterMonthUsd' },
  { id: 'prod_AcmeTeam', name: 'Team', description: 'For small teams', defaultPrice: 'price_TeamMonthUsd' },
  { id: 'prod_AcmeBusiness', name: 'Business', description: 'For companies', defaultPrice: 'price_BusinessMonthUsd' },
  { id: 'prod_AcmeSeats', name: 'Extra seats', unitLabel: 'seat' },
  { id: 'prod_AcmeSupport', name: 'Priority support' },
  { id: 'prod_AcmeSso', name: 'SSO' },
  { id: 'prod_AcmeApiCalls', name: 'API calls', unitLabel: 'call' },
  { id: 'prod_AcmeStorage', name: 'Storage', unitLabel: 'GB' },
  { id: 'prod_AcmeLegacyPro', name: 'Legacy Pro', active: false },
  { id: 'prod_AcmeRetainer', name: 'Onboarding retainer' },
  { id: INLINE_PRODUCT, name: 'Custom deal', description: 'Terms agreed customer by customer' },
  { id: 'prod_AcmeSetupFee', name: 'Setup fee', defaultPrice: 'price_SetupFeeUsd' },
];

type Terms = Omit<PriceFacts, 'id' | 'product' | 'created'> & { id: string };

const whole = (minor: number): Amount => ({ kind: 'whole', minor });
const decimal = (minor: string): Amount => ({ kind: 'decimal', minor });
const MONTH = { interval: 'month' } as const;
const YEAR = { interval: 'year' } as const;
const METERED = { interval: 'month', meter: 'mtr_AcmeApiCalls' } as const;

/** A base plan's six ordinary prices: monthly and yearly (ten months' money), in dollars, euros and yen. */
function planPrices(plan: string, monthly: { usd: number; eur: number; jpy: number }): Terms[] {
  return (['usd', 'eur', 'jpy'] as const).flatMap((currency) => {
    const suffix = currency.charAt(0).toUpperCase() + currency.slice(1);
    return [
      { id: `price_${plan}Month${suffix}`, currency, amount: whole(monthly[currency]), every: MONTH },
      { id: `price_${plan}Year${suffix}`, currency, amount: whole(monthly[currency] * 10), every: YEAR },
    ];
  });
}

function callTiers(perCall: string): Amount {
  return { kind: 'graduated', tiers: [tier(1_000, '0'), tier(100_000, perCall), tier(null, '0.02')] };
}

const BUSINESS_SEATS: Amount = {
  kind: 'graduated',
  tiers: [tier(10, '0', 29_900), tier(50, '2500'), tier(null, '2000')],
};

const PRICES: Record<string, Terms[]> = {
  prod_AcmeStarter: [
    ...planPrices('Starter', { usd: 900, eur: 900, jpy: 1_200 }),
    { id: 'price_StarterLegacyUsd', currency: 'usd', amount: whole(500), every: MONTH, active: false, nickname: '2022' },
  ],
  prod_AcmeTeam: [
    ...planPrices('Team', { usd: 4_900, eur: 4_500, jpy: 6_800 }),
    { id: 'price_TeamQuarterUsd', currency: 'usd', amount: whole(13_900), every: { interval: 'month', count: 3 } },
    { id: 'gold plan/2019', currency: 'usd', amount: whole(39_900), every: YEAR, nickname: 'Gold' },
  ],
  prod_AcmeBusiness: [
    ...planPrices('Business', { usd: 29_900, eur: 27_900, jpy: 42_000 }),
    { id: 'price_BusinessTieredUsd', currency: 'usd', amount: BUSINESS_SEATS, every: MONTH },
    { id: 'price_BusinessMonthKwd', currency: 'kwd', amount: whole(91_500), every: MONTH },
  ],
  prod_AcmeSeats: [
    { id: 'price_SeatsMonthUsd', currency: 'usd', amount: whole(1_000), every: MONTH, lookupKey: 'extra_seats_monthly' },
    { id: 'price_SeatsMonthEur', currency: 'eur', amount: whole(900), every: MONTH },
    { id: 'price_SeatsMonthJpy', currency: 'jpy', amount: whole(1_400), every: MONTH },
    { id: 'price_SeatsYearUsd', currency: 'usd', amount: whole(10_000), every: YEAR, lookupKey: 'extra_seats_yearly' },
  ],
  prod_AcmeSupport: [
    {
      id: 'price_SupportMonth',
      currency: 'usd',
      amount: whole(9_900),
      every: MONTH,
      lookupKey: 'priority_support',
      alsoIn: { eur: whole(8_900), jpy: whole(13_800), kwd: whole(30_500) },
    },
  ],
  prod_AcmeSso: [
    {
      id: 'price_SsoMonth',
      currency: 'usd',
      amount: whole(4_900),
      every: MONTH,
      metadata: { kana_package_id: 'sso' },
      alsoIn: { eur: whole(4_500), jpy: whole(6_800), kwd: whole(15_000) },
    },
    { id: 'price_SsoYearUsd', currency: 'usd', amount: whole(49_000), every: YEAR },
  ],
  prod_AcmeApiCalls: [
    {
      id: 'price_ApiCallsMonth',
      currency: 'usd',
      amount: callTiers('0.05'),
      every: METERED,
      lookupKey: 'api_calls',
      alsoIn: { eur: callTiers('0.045'), jpy: callTiers('0.07'), kwd: callTiers('0.15') },
    },
  ],
  prod_AcmeStorage: [
    {
      id: 'price_StorageMonth',
      currency: 'usd',
      amount: decimal('0.5'),
      every: MONTH,
      alsoIn: { eur: decimal('0.45'), jpy: decimal('0.7'), kwd: decimal('1.55') },
    },
  ],
  prod_AcmeLegacyPro: [
    { id: 'price_LegacyProMonthUsd', currency: 'usd', amount: whole(2_900), every: MONTH, active: false },
    { id: 'price_LegacyProYearUsd', currency: 'usd', amount: whole(29_000), every: YEAR, active: false },
  ],
  prod_AcmeRetainer: [
    { id: 'price_RetainerMonthUsd', currency: 'usd', amount: whole(50_000), every: MONTH },
    { id: 'price_RetainerMonthEur', currency: 'eur', amount: whole(46_000), every: MONTH },
  ],
  prod_AcmeSetupFee: [
    { id: 'price_SetupFeeUsd', currency: 'usd', amount: whole(25_000) },
    { id: 'price_SetupFeeEur', currency: 'eur', amount: whole(23_000) },
  ],
};

interface Catalog {
  products: WireProduct[];
  prices: WirePrice[];
}

/** All products and listed prices. Several prices share one second, as a script that made them would leave them. */
export function buildCatalog(): Catalog {
  const products = PRODUCTS.map((facts, index) => buildProduct({ ...facts, created: ACCOUNT_START - 60 * DAY + index }));
  const prices = products.flatMap((product, index) =>
    (PRICES[product.id] ?? []).map((terms, place) =>
      // Four to a second.
      buildPrice({
        ...terms,
        product: product.id,
        created: ACCOUNT_START - 50 * DAY + index * 60 + Math.floor(place / 4),
      }),
    ),
  );
  return { products, prices };
}
