import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { KEY } from './peer.mjs';

const LISTS = { customer: 'customers', price: 'prices', product: 'products', subscription: 'subscriptions', subscription_item: 'subscriptions' };
const TYPES = { boolean: 'boolean', number: 'integer', string: 'string', object: 'object' };

/**
 * `@stripe/sync-engine` makes its columns from Stripe's OpenAPI document, which it fetches from GitHub: a benchmark must
 * not depend on that. This is such a document of the kinds that are measured, with the fields that the sandbox answers.
 *
 * @returns the path, for its `openApiSpecPath`
 */
export async function writeSpec() {
  const schemas = {};
  for (const [kind, list] of Object.entries(LISTS)) {
    const response = await fetch(`${process.env.STRIPE_API_BASE}/v1/${list}?limit=1`, { headers: { authorization: `Bearer ${KEY}` } });
    const [listed] = (await response.json()).data;
    schemas[kind] = { type: 'object', 'x-resourceId': kind, properties: propertiesOf(kind === 'subscription_item' ? listed.items.data[0] : listed) };
  }
  const path = join(mkdtempSync(join(tmpdir(), 'bench-spec-')), 'spec3.json');
  writeFileSync(path, JSON.stringify({ openapi: '3.0.0', info: { version: 'bench' }, components: { schemas } }));
  return path;
}

function propertiesOf(object) {
  // What is null in one object may be anything in another: as JSON it fits.
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, { type: value === null ? 'object' : TYPES[typeof value], nullable: true }]));
}
