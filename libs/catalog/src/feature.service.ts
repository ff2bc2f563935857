import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock } from '@app/common';

import { searchFilter } from './search-filter.js';
import { inCatalogTransaction } from './catalog-transaction.js';
import { featureExists, featureNotFound, featureTypeImmutable, unitLabelRefused } from './catalog.errors.js';
import type { CatalogRange, FeatureType, FeatureView } from './catalog.types.js';
import { checkUnitLabels } from './check-feature.js';
import { Feature } from './feature.entity.js';

export interface FeatureInput {
  readonly id: string;
  readonly name: string;
  readonly type: FeatureType;
  readonly unitLabel?: string | null;
  readonly unitLabelPlural?: string | null;
  readonly metadata?: Record<string, string>;
}

/** What is left out stays as it is; `metadata` is replaced as a whole. */
export type FeatureChanges = Partial<Omit<FeatureInput, 'id'>>;

/** Creates, changes and shows features (rule C1). */
@Injectable()
export class FeatureService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** @throws KanaError `feature_exists`, `unit_label_invalid` */
  create(input: FeatureInput): Promise<FeatureView> {
    return inCatalogTransaction(this.em, async (tx) => {
      if ((await tx.findOne(Feature, { id: input.id })) !== null) {
        throw featureExists(input.id);
      }
      const now = this.clock.now();
      const feature = tx.create(Feature, {
        id: input.id,
        name: input.name,
        type: input.type,
        unitLabel: input.unitLabel ?? null,
        unitLabelPlural: input.unitLabelPlural ?? null,
        metadata: input.metadata ?? {},
        createdAt: now,
        updatedAt: now,
      });
      return checked(feature);
    });
  }

  /** @throws KanaError `feature_not_found`, `feature_type_immutable`, `unit_label_invalid` */
  edit(id: string, changes: FeatureChanges): Promise<FeatureView> {
    return inCatalogTransaction(this.em, async (tx) => {
      const feature = await tx.findOne(Feature, { id });
      if (feature === null) {
        throw featureNotFound(id);
      }
      if (changes.type !== undefined && changes.type !== feature.type) {
        throw featureTypeImmutable(id);
      }
      feature.name = changes.name ?? feature.name;
      feature.unitLabel = changes.unitLabel === undefined ? feature.unitLabel : changes.unitLabel;
      feature.unitLabelPlural = changes.unitLabelPlural === undefined ? feature.unitLabelPlural : changes.unitLabelPlural;
      feature.metadata = changes.metadata ?? feature.metadata;
      feature.updatedAt = this.clock.now();
      return checked(feature);
    });
  }

  /** @throws KanaError `feature_not_found` */
  async get(id: string): Promise<FeatureView> {
    const feature = await this.em.fork().findOne(Feature, { id });
    if (feature === null) {
      throw featureNotFound(id);
    }
    return featureView(feature);
  }

  /** In the order of ids. */
  async list(range: CatalogRange, filter: { type?: FeatureType } = {}): Promise<FeatureView[]> {
    const where = { ...searchFilter(range), ...(filter.type === undefined ? {} : { type: filter.type }) };
    const rows = await this.em.fork().find(Feature, where, { orderBy: { id: 'asc' }, limit: range.limit });
    return rows.map(featureView);
  }
}

function checked(feature: Feature): FeatureView {
  const problem = checkUnitLabels(feature.type, feature.unitLabel ?? null, feature.unitLabelPlural ?? null);
  if (problem !== null) {
    throw unitLabelRefused(problem);
  }
  return featureView(feature);
}

function featureView(feature: Feature): FeatureView {
  const { id, name, type, metadata, createdAt, updatedAt } = feature;
  return { id, name, type, unitLabel: feature.unitLabel ?? null, unitLabelPlural: feature.unitLabelPlural ?? null, metadata, createdAt, updatedAt };
}
