import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, sqlRows } from '@app/common';

import { searchFilter } from './search-filter.js';
import { inCatalogTransaction } from './catalog-transaction.js';
import { packageExists, packageFrozen, packageInUse, packageRefused, revisionMismatch } from './catalog.errors.js';
import type { CatalogRange, PackageFeatureInput, PackageStatus, PackageView } from './catalog.types.js';
import { checkPackage, termsOf, type PackageDraft } from './check-package.js';
import { Feature } from './feature.entity.js';
import { addFeatures, findPackage, onePackageView, packageView, packageViews, replaceFeatures, termsByPackage } from './package-store.js';
import { Package } from './package.entity.js';

export interface PackageInput {
  readonly id: string;
  readonly name: string;
  readonly isAddon?: boolean;
  /** Add-ons only, true unless said otherwise; always false for a base package. */
  readonly requiresBase?: boolean;
  readonly limitsAdd?: boolean;
  readonly basePackageIds?: readonly string[];
  readonly features?: readonly PackageFeatureInput[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What is left out stays as it is; lists and `metadata` are replaced as a whole. */
export type PackageChanges = Partial<Omit<PackageInput, 'id'>>;

export interface PackageFilter {
  readonly status?: PackageStatus;
  readonly isAddon?: boolean;
}

const FROZEN_FIELDS = ['isAddon', 'requiresBase', 'limitsAdd', 'basePackageIds', 'features'] as const;

/** Creates, changes and shows packages (rules C2–C4). Their life after the draft: `PackageLifecycleService`. */
@Injectable()
export class PackageService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** Creates a draft. @throws KanaError `package_exists`, or a code of `PackageFault` */
  create(input: PackageInput): Promise<PackageView> {
    return inCatalogTransaction(this.em, async (tx) => {
      if ((await tx.findOne(Package, { id: input.id })) !== null) {
        throw packageExists(input.id);
      }
      const features = input.features ?? [];
      const draft = newDraft(input, this.clock.now());
      await assertSound(tx, { ...draft, features });
      const row = tx.create(Package, draft);
      const terms = features.map(termsOf);
      addFeatures(tx, input.id, terms);
      return packageView(row, terms);
    });
  }

  /**
   * @param expectedRevision the revision that the caller saw; without it, the last writer wins
   * @throws KanaError `package_not_found`, `package_changed`, `package_frozen`, or a code of `PackageFault`
   */
  edit(id: string, changes: PackageChanges, expectedRevision?: number): Promise<PackageView> {
    return inCatalogTransaction(this.em, async (tx) => {
      const row = await findPackage(tx, id);
      assertEditable(row, changes, expectedRevision);
      if (row.status === 'DRAFT') {
        await editDraft(tx, row, changes);
      }
      row.name = changes.name ?? row.name;
      row.metadata = changes.metadata === undefined ? row.metadata : { ...changes.metadata };
      row.revision += 1;
      row.updatedAt = this.clock.now();
      await tx.flush();
      return onePackageView(tx, row);
    });
  }

  /** @throws KanaError `package_not_found` */
  async get(id: string): Promise<PackageView> {
    const em = this.em.fork();
    return onePackageView(em, await findPackage(em, id));
  }

  /** In the order of ids. */
  async list(range: CatalogRange, filter: PackageFilter = {}): Promise<PackageView[]> {
    const em = this.em.fork();
    const where = {
      ...searchFilter(range),
      ...(filter.status === undefined ? {} : { status: filter.status }),
      ...(filter.isAddon === undefined ? {} : { isAddon: filter.isAddon }),
    };
    const rows = await em.find(Package, where, { orderBy: { id: 'asc' }, limit: range.limit });
    return packageViews(em, rows);
  }
}

/** The row of a new draft, with the defaults of rule C2. */
export function newDraft(input: Omit<PackageInput, 'features'>, now: Date) {
  const isAddon = input.isAddon ?? false;
  return {
    id: input.id,
    name: input.name,
    isAddon,
    status: 'DRAFT' as const,
    requiresBase: isAddon && (input.requiresBase ?? true),
    limitsAdd: input.limitsAdd ?? false,
    basePackageIds: [...(input.basePackageIds ?? [])],
    metadata: { ...input.metadata },
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
}

function assertEditable(row: Package, changes: PackageChanges, expectedRevision: number | undefined): void {
  if (expectedRevision !== undefined && expectedRevision !== row.revision) {
    throw revisionMismatch(row.id, row.revision);
  }
  const frozen = FROZEN_FIELDS.filter((field) => changes[field] !== undefined);
  if (row.status !== 'DRAFT' && frozen.length > 0) {
    throw packageFrozen(row.id, frozen);
  }
}

async function editDraft(tx: EntityManager, row: Package, changes: PackageChanges): Promise<void> {
  const isAddon = changes.isAddon ?? row.isAddon;
  const basePackageIds = [...(changes.basePackageIds ?? row.basePackageIds)];
  const features = changes.features ?? (await termsByPackage(tx, [row.id])).get(row.id) ?? [];
  await assertSound(tx, { isAddon, basePackageIds, features }, row.id);
  if (isAddon && !row.isAddon) {
    await assertNotNamedAsBase(tx, row.id);
  }
  // A base package that becomes an add-on starts with an add-on's default.
  row.requiresBase = isAddon && (changes.requiresBase ?? (row.isAddon ? row.requiresBase : true));
  row.isAddon = isAddon;
  row.basePackageIds = basePackageIds;
  row.limitsAdd = changes.limitsAdd ?? row.limitsAdd;
  if (changes.features !== undefined) {
    await replaceFeatures(tx, row.id, changes.features.map(termsOf));
  }
}

/** @throws KanaError with all that is wrong with the draft */
async function assertSound(tx: EntityManager, draft: PackageDraft, ownId?: string): Promise<void> {
  const featureIds = draft.features.map(({ featureId }) => featureId);
  const features = await tx.find(Feature, { id: { $in: featureIds } });
  const bases = await tx.find(Package, { id: { $in: [...draft.basePackageIds] } });
  const faults = checkPackage(draft, {
    featureTypes: new Map(features.map(({ id, type }) => [id, type])),
    // A package that is being made an add-on is not its own base.
    isAddon: new Map(bases.map(({ id, isAddon }) => [id, id === ownId ? draft.isAddon : isAddon])),
  });
  const first = faults[0];
  if (first !== undefined) {
    throw packageRefused(first, faults);
  }
}

/** @throws KanaError `package_in_use` when an add-on names it as a base package */
export async function assertNotNamedAsBase(tx: EntityManager, id: string): Promise<void> {
  const rows = await sqlRows<{ id: string }>(
    tx,
    'select id from package where base_package_ids @> to_jsonb($1::text) order by id limit 5',
    [id],
  );
  if (rows.length > 0) {
    throw packageInUse(id, `add-ons name it as their base package (${rows.map((row) => row.id).join(', ')})`);
  }
}
