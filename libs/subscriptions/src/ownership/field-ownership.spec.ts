import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { FIELD_OWNERSHIP, type FieldOwner, OWNED_OBJECTS, type OwnedObject } from './field-ownership.js';

/** What the API shows of each object; the others (products, usage) have no schema of just these fields. */
const SCHEMAS: Partial<Record<OwnedObject, string>> = {
  FEATURE: 'Feature',
  PACKAGE: 'Package',
  PACKAGE_FEATURE: 'PackageFeature',
  PRICE: 'StripePrice',
  USER: 'User',
  CUSTOMER_LINK: 'UserLink',
  STRIPE_SUBSCRIPTION: 'PackageSubscription',
  MANUAL_SUBSCRIPTION: 'PackageSubscription',
};

/** Decided about, but shown in no answer. */
const HIDDEN = new Set(['usageAnchor']);

interface Document {
  components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
}

function shownBy(schema: string): string[] {
  const text = readFileSync(new URL('../../../../openapi.json', import.meta.url), 'utf8');
  const document = JSON.parse(text) as Document;
  return Object.keys(document.components.schemas[schema]?.properties ?? {});
}

function fieldsOf(object: OwnedObject, owner?: FieldOwner): string[] {
  return FIELD_OWNERSHIP.filter((row) => row.object === object && (owner === undefined || row.owner === owner)).flatMap(({ fields }) => fields);
}

describe('the table of owners', () => {
  it.each(Object.entries(SCHEMAS) as [OwnedObject, string][])('names each field of %s that the API shows, once, and no other', (object, schema) => {
    const fields = fieldsOf(object).filter((field) => !HIDDEN.has(field));
    expect(shownBy(schema)).not.toEqual([]);
    expect(fields.toSorted()).toEqual(shownBy(schema).toSorted());
  });

  it.each(OWNED_OBJECTS)('names fields of %s', (object) => {
    const fields = fieldsOf(object);
    expect(fields).not.toEqual([]);
    expect(new Set(fields).size).toBe(fields.length);
  });

  it('asks the field itself only where the API tells who gave it', () => {
    expect(FIELD_OWNERSHIP.filter(({ owner }) => owner === 'PER_FIELD').every(({ object }) => object === 'USER')).toBe(true);
    expect(fieldsOf('USER', 'PER_FIELD').toSorted()).toEqual(['billingId', 'email', 'name']);
  });
});
