import { defineEntity, p } from '@mikro-orm/core';

import { PACKAGE_STATUSES, RESET_PERIODS } from './catalog.types.js';
import { Feature } from './feature.entity.js';

const packageSchema = defineEntity({
  name: 'Package',
  tableName: 'package',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    isAddon: p.boolean(),
    status: p.enum(PACKAGE_STATUSES),
    requiresBase: p.boolean(),
    limitsAdd: p.boolean(),
    /** An add-on's base packages; empty = any. */
    basePackageIds: p.json<string[]>(),
    metadata: p.json<Record<string, string>>(),
    /** Grows with every edit: the ETag. */
    revision: p.integer(),
    createdAt: p.datetime(6),
    updatedAt: p.datetime(6),
    publishedAt: p.datetime(6).nullable(),
    archivedAt: p.datetime(6).nullable(),
  },
});

/** A collection of features that a user subscribes to: a base package or an add-on (rules C2, C3). */
export class Package extends packageSchema.class {}
packageSchema.setClass(Package);

const packageFeatureSchema = defineEntity({
  name: 'PackageFeature',
  tableName: 'package_feature',
  properties: {
    packageId: () => p.manyToOne(Package).mapToPk().primary().fieldName('package_id').deleteRule('cascade'),
    featureId: () => p.manyToOne(Feature).mapToPk().primary().fieldName('feature_id').deleteRule('restrict').updateRule('no action'),
    position: p.integer(),
    /** Overrides the feature's own name in this package. */
    name: p.text().nullable(),
    /** Consumable only; null = unlimited. */
    usageLimit: p.bigint('number').nullable(),
    /** null = never resets. */
    resetPeriod: p.enum(RESET_PERIODS).nullable(),
    overageEnabled: p.boolean(),
    scalesWithQuantity: p.boolean(),
  },
  indexes: [{ properties: 'featureId' }],
});

/** A feature as it stands in one package (rule C4). */
export class PackageFeature extends packageFeatureSchema.class {}
packageFeatureSchema.setClass(PackageFeature);
