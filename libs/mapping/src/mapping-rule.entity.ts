import { defineEntity, p } from '@mikro-orm/core';

import { Package } from '@app/catalog';
import { StripeConnection } from '@app/stripe';

const ruleSchema = defineEntity({
  name: 'MappingRule',
  tableName: 'mapping_rule',
  properties: {
    id: p.text().primary(),
    connectionId: () => p.manyToOne(StripeConnection).mapToPk().fieldName('connection_id'),
    productId: p.text(),
    /** Empty = any: a unique index holds two nulls for different. */
    interval: p.text(),
    /** Empty = any. */
    currency: p.text(),
    packageId: () => p.manyToOne(Package).mapToPk().fieldName('package_id'),
    createdAt: p.datetime(6),
  },
  indexes: [{ properties: 'packageId' }],
  uniques: [{ name: 'mapping_rule_one', properties: ['connectionId', 'productId', 'interval', 'currency'] }],
});

/** A person's standing wish: every price of this product maps to this package when it is first seen (rule M7a). */
export class MappingRule extends ruleSchema.class {}
ruleSchema.setClass(MappingRule);
