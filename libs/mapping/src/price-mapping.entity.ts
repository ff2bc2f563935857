import { defineEntity, p } from '@mikro-orm/core';

import { Package } from '@app/catalog';

const mappingSchema = defineEntity({
  name: 'PriceMapping',
  tableName: 'price_mapping',
  properties: {
    connectionId: p.text().primary(),
    priceId: p.text().primary(),
    id: p.text(),
    packageId: () => p.manyToOne(Package).mapToPk().fieldName('package_id'),
    /** `USER`: by a call of the api; `GENERATED`: with the add-on made from the price (rule M3). */
    mappedBy: p.enum(['USER', 'GENERATED'] as const),
    mappedAt: p.datetime(6),
    /** Grows with every change: the ETag. */
    revision: p.integer(),
  },
  indexes: [{ properties: 'packageId' }],
});

/** Stripe price (with its product, as one) → package (rule M1). One row a mapped price. */
export class PriceMapping extends mappingSchema.class {}
mappingSchema.setClass(PriceMapping);
