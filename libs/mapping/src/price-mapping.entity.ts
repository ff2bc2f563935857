import { defineEntity, p } from '@mikro-orm/core';

import { Package } from '@app/catalog';

/** How a price came to its package. */
export const MAPPED_BY = ['USER', 'GENERATED', 'RULE', 'COMMAND'] as const;
export type MappedBy = (typeof MAPPED_BY)[number];

const mappingSchema = defineEntity({
  name: 'PriceMapping',
  tableName: 'price_mapping',
  properties: {
    connectionId: p.text().primary(),
    priceId: p.text().primary(),
    id: p.text(),
    packageId: () => p.manyToOne(Package).mapToPk().fieldName('package_id'),
    /** `USER`: by a call of the api; `GENERATED`: with the add-on made from the price (rule M3); `RULE`: by a standing rule (rule M7a); `COMMAND`: with the price, which Kana has made for the package (rule M10). */
    mappedBy: p.enum(MAPPED_BY),
    mappedAt: p.datetime(6),
    /** Grows with every change: the ETag. */
    revision: p.integer(),
  },
  indexes: [{ properties: 'packageId' }],
});

/** Stripe price (with its product, as one) → package (rule M1). One row a mapped price. */
export class PriceMapping extends mappingSchema.class {}
mappingSchema.setClass(PriceMapping);
