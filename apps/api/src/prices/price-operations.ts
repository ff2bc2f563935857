import { ETAG_HEADER } from '../http/etag.js';
import type { OperationOptions } from '../openapi/operation.decorator.js';
import { allMappedSchema, convertedExample, mappedSchema, priceExample, pricePage, priceSchema } from './price.dto.js';

const price = { status: 200, description: 'The price.', schema: priceSchema, example: priceExample } as const;
const NOT_FOUND = ['price_not_found', 'connection_not_found'];
const MAPPING_ERRORS = {
  400: ['connection_required'],
  404: NOT_FOUND,
  409: ['preview_required'],
  422: ['price_one_off', 'package_not_found', 'package_archived'],
} as const;

/** The same operations stand under `stripe/prices` and, where there are several accounts, under their connection. */
export const priceOperations = {
  list: {
    id: 'listStripePrices',
    summary: 'List Stripe prices',
    description: 'Every price that was seen, from the price list or from a subscription, with its mapping and what waits on it. By product name, then price id.',
    ok: { status: 200, description: 'A page of prices.', schema: pricePage, example: { data: [priceExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid', 'connection_required'], 404: ['connection_not_found'] },
  },
  get: {
    id: 'getStripePrice',
    summary: 'Get a Stripe price',
    description: 'With its mapping and what waits on it. The ETag is that of the mapping, of an unmapped price `"0"`.',
    ok: { ...price, headers: ETAG_HEADER },
    errors: { 400: ['connection_required'], 404: NOT_FOUND },
  },
  map: {
    id: 'mapStripePrice',
    summary: 'Map a price to a package',
    description: 'Every subscription that waits on the price is converted at once, without asking Stripe. A draft package may be mapped to; its subscriptions wait until it is published. Where users are subscribed through the price already, it answers 409 preview_required.',
    bodyExample: { packageId: 'team' },
    ok: { status: 200, description: 'The price, and what its mapping converted.', schema: mappedSchema, example: { price: priceExample, converted: convertedExample }, headers: ETAG_HEADER },
    errors: { ...MAPPING_ERRORS, 400: [...MAPPING_ERRORS[400], 'if_match_invalid'], 412: ['mapping_changed'] },
  },
  mapMany: {
    id: 'mapStripePrices',
    summary: 'Map many prices at once',
    description: 'All or none. Each problem has a pointer to its mapping.',
    bodyExample: { mappings: [{ priceId: 'price_1Q2w3E', packageId: 'team' }] },
    ok: { status: 200, description: 'What changed, and what that converted.', schema: allMappedSchema, example: { mapped: ['price_1Q2w3E'], converted: convertedExample } },
    errors: MAPPING_ERRORS,
  },
  ignore: {
    id: 'ignoreStripePrice',
    summary: 'Ignore a price',
    description: 'For prices that are no package on purpose. Its subscriptions stay recorded, and its issue closes.',
    bodyExample: { reason: 'Consulting, not part of the product' },
    ok: price,
    errors: { 400: ['connection_required'], 404: NOT_FOUND, 409: ['price_mapped'] },
  },
  unignore: {
    id: 'unignoreStripePrice',
    summary: 'Take an ignore back',
    description: 'The price counts as unmapped again.',
    ok: price,
    errors: { 400: ['connection_required'], 404: NOT_FOUND },
  },
  generateAddon: {
    id: 'generateAddonFromPrice',
    summary: 'Make an add-on package from a price',
    description: 'Makes and publishes an add-on package that holds one feature with its limit, and maps the price to it, all or nothing. The add-on needs no base package.',
    bodyExample: { packageId: 'extra-seats', feature: { id: 'seats' }, limit: 1, scalesWithQuantity: true },
    ok: { status: 200, description: 'The price, and what its mapping converted.', schema: mappedSchema, example: { price: priceExample, converted: convertedExample } },
    errors: { ...MAPPING_ERRORS, 409: ['preview_required', 'package_exists', 'feature_exists', 'price_mapped'], 422: [...MAPPING_ERRORS[422], 'feature_not_found', 'limit_on_binary', 'reset_period_mismatch'] },
  },
} as const satisfies Record<string, OperationOptions>;
