import type { EntityManager } from '@mikro-orm/postgresql';

import { packageNotFound } from './catalog.errors.js';
import type { PackageFeatureTerms, PackageView } from './catalog.types.js';
import { Package, PackageFeature } from './package.entity.js';

/** @throws KanaError `package_not_found` */
export async function findPackage(em: EntityManager, id: string): Promise<Package> {
  const found = await em.findOne(Package, { id });
  if (found === null) {
    throw packageNotFound(id);
  }
  return found;
}

/** The packages with their features, in one query however many there are. */
export async function packageViews(em: EntityManager, packages: readonly Package[]): Promise<PackageView[]> {
  const terms = await termsByPackage(em, packages.map(({ id }) => id));
  return packages.map((row) => packageView(row, terms.get(row.id) ?? []));
}

export async function onePackageView(em: EntityManager, row: Package): Promise<PackageView> {
  const terms = await termsByPackage(em, [row.id]);
  return packageView(row, terms.get(row.id) ?? []);
}

/** Puts the whole list of features in the place of the one before. */
export async function replaceFeatures(em: EntityManager, packageId: string, terms: readonly PackageFeatureTerms[]): Promise<void> {
  await em.nativeDelete(PackageFeature, { packageId });
  addFeatures(em, packageId, terms);
}

export function addFeatures(em: EntityManager, packageId: string, terms: readonly PackageFeatureTerms[]): void {
  for (const [position, { limit, ...rest }] of terms.entries()) {
    em.create(PackageFeature, { packageId, position, usageLimit: limit, ...rest });
  }
}

/** Each package's features, in the caller's order. */
export async function termsByPackage(em: EntityManager, packageIds: readonly string[]): Promise<Map<string, PackageFeatureTerms[]>> {
  const terms = new Map<string, PackageFeatureTerms[]>(packageIds.map((id) => [id, []]));
  // Outside the identity map: a command reads terms that it is about to replace.
  const rows = await em.find(PackageFeature, { packageId: { $in: [...packageIds] } }, { orderBy: { position: 'asc' }, disableIdentityMap: true });
  for (const row of rows) {
    terms.get(row.packageId)?.push(termsOfRow(row));
  }
  return terms;
}

export function packageView(row: Package, features: readonly PackageFeatureTerms[]): PackageView {
  const { id, name, isAddon, status, requiresBase, limitsAdd, basePackageIds, metadata, revision, createdAt, updatedAt } = row;
  const publishedAt = row.publishedAt ?? null;
  const archivedAt = row.archivedAt ?? null;
  return { id, name, isAddon, status, requiresBase, limitsAdd, basePackageIds, features, metadata, revision, createdAt, updatedAt, publishedAt, archivedAt };
}

function termsOfRow(row: PackageFeature): PackageFeatureTerms {
  const { featureId, overageEnabled, scalesWithQuantity } = row;
  return { featureId, name: row.name ?? null, limit: row.usageLimit ?? null, resetPeriod: row.resetPeriod ?? null, overageEnabled, scalesWithQuantity };
}
