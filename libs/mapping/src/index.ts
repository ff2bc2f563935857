/** Owns the Stripe products and prices seen, which package each price means, and the standing rules for prices to come. Decides nothing about users. */
export { checkMappingChange, type MappingRefusal, type MappingVerdict } from './check-mapping-change.js';
export { MappingModule } from './mapping.module.js';
export { MappingRule } from './mapping-rule.entity.js';
export { type MappingRuleView, rulesOfProducts } from './mapping-rule.queries.js';
export { MappingRuleService, type WantedRule } from './mapping-rule.service.js';
export { toPricedTerms, type PricedTermsRow } from './priced-terms.js';
export { MAPPED_BY, type MappedBy, PriceMapping } from './price-mapping.entity.js';
export { lockAndResolvePrices, type ResolvedPrices } from './price-resolution.queries.js';
export { PriceApplier, type PricesApplied, type ProductsApplied } from './price.applier.js';
export { PRICE_MAPPING_TABLE, STRIPE_PRICE_TABLE, STRIPE_PRODUCT_TABLE } from './price.tables.js';
export { type PriceParkedReason, type PriceResolution } from './resolve-price.js';
export { resolveRule, type RuleTerms } from './resolve-rule.js';
export { StripePrice, StripeProduct } from './stripe-price.entity.js';
export { sumMonthly, type ItemGroup, type MonthlyMoney } from './sum-monthly.js';
