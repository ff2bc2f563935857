import { ForeignKeyConstraintViolationException } from '@mikro-orm/core';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock } from '@app/common';

import { inCatalogTransaction } from './catalog-transaction.js';
import {
  packageArchived,
  packageEmpty,
  packageExists,
  packageInUse,
  packageNotDraft,
  packageNotPublished,
  resetPeriodMismatch,
} from './catalog.errors.js';
import type { PackageFeatureTerms, PackageView } from './catalog.types.js';
import { checkResetPeriods, type AddableTerms } from './check-reset-periods.js';
import { Feature } from './feature.entity.js';
import { addFeatures, findPackage, onePackageView, packageView, termsByPackage } from './package-store.js';
import { Package } from './package.entity.js';
import { assertNotNamedAsBase, newDraft } from './package.service.js';

/** A package's life: draft → published → archived, copies, and the end of a draft (rule C3). */
@Injectable()
export class PackageLifecycleService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /**
   * Publishing a published package changes nothing, so that a lost answer can be asked for again.
   *
   * @throws KanaError `package_not_found`, `package_archived`, `package_empty`, `reset_period_mismatch`
   */
  publish(id: string): Promise<PackageView> {
    return inCatalogTransaction(this.em, async (tx) => {
      const row = await findPackage(tx, id);
      if (row.status === 'ARCHIVED') {
        throw packageArchived(id);
      }
      const view = await onePackageView(tx, row);
      if (row.status === 'PUBLISHED') {
        return view;
      }
      if (view.features.length === 0) {
        throw packageEmpty(id);
      }
      await assertResetPeriodsAgree(tx, view);
      row.status = 'PUBLISHED';
      row.publishedAt = this.clock.now();
      return packageView(this.touched(row), view.features);
    });
  }

  /** Archiving twice changes nothing. @throws KanaError `package_not_found`, `package_not_published` */
  archive(id: string): Promise<PackageView> {
    return inCatalogTransaction(this.em, async (tx) => {
      const row = await findPackage(tx, id);
      if (row.status === 'DRAFT') {
        throw packageNotPublished(id);
      }
      if (row.status === 'PUBLISHED') {
        row.status = 'ARCHIVED';
        row.archivedAt = this.clock.now();
        this.touched(row);
      }
      return onePackageView(tx, row);
    });
  }

  /** Copies a package, whatever its status, into a new draft. @throws KanaError `package_not_found`, `package_exists` */
  duplicate(id: string, copy: { id: string; name?: string }): Promise<PackageView> {
    return inCatalogTransaction(this.em, async (tx) => {
      const source = await onePackageView(tx, await findPackage(tx, id));
      if ((await tx.findOne(Package, { id: copy.id })) !== null) {
        throw packageExists(copy.id);
      }
      const draft = newDraft({ ...source, ...copy, name: copy.name ?? source.name }, this.clock.now());
      const row = tx.create(Package, draft);
      addFeatures(tx, copy.id, source.features);
      return packageView(row, source.features);
    });
  }

  /** @throws KanaError `package_not_found`, `package_not_draft`, `package_in_use` */
  async deleteDraft(id: string): Promise<void> {
    try {
      await inCatalogTransaction(this.em, async (tx) => {
        const row = await findPackage(tx, id);
        if (row.status !== 'DRAFT') {
          throw packageNotDraft(id);
        }
        await assertNotNamedAsBase(tx, id);
        await tx.nativeDelete(Package, { id });
      });
    } catch (error) {
      // Prices and products know packages, not the other way round: the database sees for us that one is mapped.
      throw error instanceof ForeignKeyConstraintViolationException ? packageInUse(id, 'Stripe prices, or rules for prices to come, are mapped to it') : error;
    }
  }

  private touched(row: Package): Package {
    row.revision += 1;
    row.updatedAt = this.clock.now();
    return row;
  }
}

/** Rule E2, against every other published package. */
async function assertResetPeriodsAgree(tx: EntityManager, candidate: PackageView): Promise<void> {
  const published = await tx.find(Package, { status: 'PUBLISHED' });
  const terms = await termsByPackage(tx, published.map(({ id }) => id));
  const consumable = new Set((await tx.find(Feature, { type: 'CONSUMABLE' })).map(({ id }) => id));
  const addable = (packageId: string, limitsAdd: boolean, features: readonly PackageFeatureTerms[]): AddableTerms => ({
    packageId,
    limitsAdd,
    features: features.filter(({ featureId }) => consumable.has(featureId)),
  });
  const mismatches = checkResetPeriods(
    addable(candidate.id, candidate.limitsAdd, candidate.features),
    published.map((row) => addable(row.id, row.limitsAdd, terms.get(row.id) ?? [])),
  );
  if (mismatches.length > 0) {
    throw resetPeriodMismatch(candidate.id, mismatches);
  }
}
