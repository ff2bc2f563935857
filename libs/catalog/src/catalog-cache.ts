import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, sqlRows } from '@app/common';

import type { FeatureType, PackageFeatureTerms } from './catalog.types.js';

/** A feature as the check needs it. */
export interface CachedFeature {
  readonly id: string;
  readonly name: string;
  readonly type: FeatureType;
}

/** A published or archived package as the check needs it. */
export interface CachedPackage {
  readonly id: string;
  readonly name: string;
  readonly isAddon: boolean;
  readonly limitsAdd: boolean;
  /** By feature id. */
  readonly terms: ReadonlyMap<string, PackageFeatureTerms>;
}

/** A package that has a certain feature, with the feature's terms there. */
export interface PackageWithFeature {
  readonly id: string;
  readonly name: string;
  readonly limitsAdd: boolean;
  readonly terms: PackageFeatureTerms;
}

const NONE: ReadonlyMap<string, PackageWithFeature> = new Map();

/** The catalog at one moment; never changes. */
export class CatalogSnapshot {
  private readonly byFeature = new Map<string, Map<string, PackageWithFeature>>();

  constructor(
    private readonly features: ReadonlyMap<string, CachedFeature>,
    private readonly packages: ReadonlyMap<string, CachedPackage>,
  ) {
    for (const { id, name, limitsAdd, terms } of packages.values()) {
      for (const [featureId, entry] of terms) {
        this.withFeature(featureId).set(id, { id, name, limitsAdd, terms: entry });
      }
    }
  }

  feature(id: string): CachedFeature | undefined {
    return this.features.get(id);
  }

  package(id: string): CachedPackage | undefined {
    return this.packages.get(id);
  }

  /** By package id. */
  packagesWithFeature(featureId: string): ReadonlyMap<string, PackageWithFeature> {
    return this.byFeature.get(featureId) ?? NONE;
  }

  knows(needed: NeededEntries): boolean {
    return needed.featureIds.every((id) => this.features.has(id)) && needed.packageIds.every((id) => this.packages.has(id));
  }

  private withFeature(featureId: string): Map<string, PackageWithFeature> {
    const entries = this.byFeature.get(featureId) ?? new Map<string, PackageWithFeature>();
    this.byFeature.set(featureId, entries);
    return entries;
  }
}

/** What a question is about, so that the snapshot given has it if the database has it. */
export interface NeededEntries {
  readonly featureIds: readonly string[];
  readonly packageIds: readonly string[];
}

/** How long a changed name may go unseen. */
const NAMES_STAY_MS = 10_000;

/**
 * Features, and published and archived packages, in process memory. Terms of a published package and the type of a
 * feature never change, so an entry once read stays right; only names age. What it does not know it reads before it
 * says so: an entry that was committed before the question is never missing from the answer.
 */
@Injectable()
export class CatalogCache {
  private snapshot: CatalogSnapshot | undefined;
  private readAt = 0;
  private running: Promise<CatalogSnapshot> | undefined;
  private queued: Promise<CatalogSnapshot> | undefined;

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** A snapshot that has what is needed, as far as the database has it, with names at most 10 s old. */
  async snapshotWith(needed: NeededEntries): Promise<CatalogSnapshot> {
    const held = this.snapshot;
    if (held !== undefined && this.isRecent() && held.knows(needed)) {
      return held;
    }
    return this.readAfresh();
  }

  /** As this transaction sees it, by its own connection: who holds one and waited for another might wait for ever. Nothing is kept. */
  readIn(em: EntityManager): Promise<CatalogSnapshot> {
    return readCatalog(em);
  }

  private isRecent(): boolean {
    // Either way: a clock that was set back must not keep old names for long.
    return Math.abs(this.clock.now().getTime() - this.readAt) <= NAMES_STAY_MS;
  }

  /**
   * A reading that starts after this call, since one under way may have missed what the caller knows of. All who ask
   * while one runs share the next.
   */
  private readAfresh(): Promise<CatalogSnapshot> {
    if (this.running === undefined) {
      this.running = this.read().finally(() => {
        this.running = undefined;
      });
      return this.running;
    }
    this.queued ??= this.running.then(
      () => this.readQueued(),
      () => this.readQueued(),
    );
    return this.queued;
  }

  private readQueued(): Promise<CatalogSnapshot> {
    this.queued = undefined;
    return this.readAfresh();
  }

  private async read(): Promise<CatalogSnapshot> {
    const readAt = this.clock.now().getTime();
    this.snapshot = await readCatalog(this.em.fork());
    this.readAt = readAt;
    return this.snapshot;
  }
}

async function readCatalog(em: EntityManager): Promise<CatalogSnapshot> {
  // In this order: a package found has all its features by then, and those exist.
  const packages = await readPackages(em);
  const features = await readFeatures(em);
  return new CatalogSnapshot(features, packages);
}

const PACKAGES = `
select p.id, p.name, p.is_addon as "isAddon", p.limits_add as "limitsAdd",
  coalesce(
    (select json_agg(json_build_object(
       'featureId', f.feature_id, 'name', f.name, 'limit', f.usage_limit, 'resetPeriod', f.reset_period,
       'overageEnabled', f.overage_enabled, 'scalesWithQuantity', f.scales_with_quantity) order by f.position)
     from package_feature f where f.package_id = p.id),
    '[]') as terms
from package p
where p.status in ('PUBLISHED', 'ARCHIVED')`;

interface PackageRow {
  readonly id: string;
  readonly name: string;
  readonly isAddon: boolean;
  readonly limitsAdd: boolean;
  readonly terms: PackageFeatureTerms[] | string;
}

async function readPackages(em: EntityManager): Promise<Map<string, CachedPackage>> {
  const rows = await sqlRows<PackageRow>(em, PACKAGES);
  return new Map(rows.map((row) => [row.id, { ...row, terms: termsById(row.terms) }]));
}

function termsById(terms: PackageFeatureTerms[] | string): Map<string, PackageFeatureTerms> {
  const list = typeof terms === 'string' ? (JSON.parse(terms) as PackageFeatureTerms[]) : terms;
  return new Map(list.map((entry) => [entry.featureId, entry]));
}

async function readFeatures(em: EntityManager): Promise<Map<string, CachedFeature>> {
  const rows = await sqlRows<CachedFeature>(em, 'select id, name, type from feature');
  return new Map(rows.map((row) => [row.id, row]));
}
