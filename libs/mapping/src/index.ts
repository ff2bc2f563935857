/** Owns the Stripe products and prices seen, and which package each price means. Decides nothing about users. */
export { PriceMapping } from './price-mapping.entity.js';
export { StripePrice, StripeProduct } from './stripe-price.entity.js';
