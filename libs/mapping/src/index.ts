/** Owns the Stripe products and prices seen, and which package each price means. Decides nothing about users. */
export { checkMappingChange, type MappingRefusal, type MappingVerdict } from './check-mapping-change.js';
export { MappingModule } from './mapping.module.js';
export { monthlyAmount, type PricedTerms } from './monthly-amount.js';
export { PriceMapping } from './price-mapping.entity.js';
export { lockAndResolvePrices, type ResolvedPrices } from './price-resolution.queries.js';
export { PriceApplier, STRIPE_PRICE_TABLE, STRIPE_PRODUCT_TABLE } from './price.applier.js';
export { type PriceParkedReason, type PriceResolution } from './resolve-price.js';
export { StripePrice, StripeProduct } from './stripe-price.entity.js';
