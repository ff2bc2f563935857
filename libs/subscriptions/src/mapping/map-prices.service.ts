import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { PackageStatus } from '@app/catalog';
import { Clock, type ErrorPointer, IdFactory, KanaError, notFound, sqlRows, sqlWrite, transactionWithRetry, writeRows } from '@app/common';
import { checkMappingChange, type MappedBy, type MappingRefusal, PRICE_MAPPING_TABLE } from '@app/mapping';

/** A price and the package it is to stand for. */
export interface WantedMapping {
  readonly priceId: string;
  readonly packageId: string;
  /** The revision of the mapping that the caller saw, 0 = unmapped; undefined = any. */
  readonly expectedRevision?: number | undefined;
}

/** Where in a request a refused mapping stands; null = not in its body. */
export type PointerOf = (code: MappingRefusal, index: number) => string | null;

const pointerOfMany: PointerOf = (_code, index) => `/mappings/${index}`;
/** For calls that name the price in their path. */
export const pointerOfOne: PointerOf = (code) => (code.startsWith('package_') ? '/packageId' : null);

interface MappingManner {
  readonly mappedBy: MappedBy;
  readonly pointerOf: PointerOf;
}

interface WrittenMapping extends WantedMapping {
  readonly mappedBy: MappedBy;
  readonly revision: number;
}

interface PriceRow {
  id: string;
  type: 'one_time' | 'recurring';
  package_id: string | null;
  revision: number | null;
  subscribed: boolean;
  ignored: boolean;
}

/**
 * Maps prices to packages (rules M1, M5, M9). All of a call or none; whoever imports a page with one of these prices at
 * the same moment is waited for, so that nothing it parks is missed.
 */
@Injectable()
export class MapPricesService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: IdFactory,
  ) {}

  /**
   * Gives the prices whose mapping changed; the caller converts what waits on them.
   *
   * @throws KanaError mapping_changed, price_not_found, price_one_off, package_not_found, package_archived, preview_required; the first
   *   problem is the error's code, and every one has a pointer
   */
  async map(connectionId: string, wanted: readonly WantedMapping[], pointerOf = pointerOfMany): Promise<string[]> {
    return transactionWithRetry(this.em, (em) => this.mapIn(em, connectionId, wanted, { mappedBy: 'USER', pointerOf }));
  }

  /** As `map`, as a part of the caller's transaction. */
  async mapIn(em: EntityManager, connectionId: string, wanted: readonly WantedMapping[], { mappedBy, pointerOf }: MappingManner): Promise<string[]> {
    const prices = await lockPrices(em, connectionId, wanted.map(({ priceId }) => priceId));
    wanted.forEach((one) => requireRevision(one, prices.get(one.priceId)));
    const packages = await packageStatuses(em, wanted.map(({ packageId }) => packageId));
    const changes = decide(wanted, prices, packages, pointerOf);
    await this.write(em, connectionId, changes.map((change) => ({ ...change, mappedBy, revision: (prices.get(change.priceId)?.revision ?? 0) + 1 })));
    return changes.map(({ priceId }) => priceId);
  }

  /**
   * Maps a price that Kana has made for this package, as a part of the caller's transaction. What somebody has decided meanwhile
   * stands: a mapping to another package, that the price is left out, that the package is archived.
   *
   * @returns whether it is the package's
   */
  async mapMade(em: EntityManager, connectionId: string, { priceId, packageId }: WantedMapping): Promise<boolean> {
    const price = (await lockPrices(em, connectionId, [priceId])).get(priceId) ?? null;
    const packageStatus = (await packageStatuses(em, [packageId])).get(packageId) ?? null;
    const { package_id: currentPackageId = null, subscribed = false, ignored = false } = price ?? {};
    const verdict = checkMappingChange({ price, currentPackageId, packageId, packageStatus, subscribed });
    if (verdict.kind === 'MAP' && currentPackageId === null && !ignored) {
      await this.write(em, connectionId, [{ priceId, packageId, mappedBy: 'COMMAND', revision: 1 }]);
      return true;
    }
    return verdict.kind === 'UNCHANGED';
  }

  /** Says that a price is left out on purpose, and why (rule M4); null takes that back. */
  async ignore(connectionId: string, priceId: string, reason: string | null): Promise<void> {
    await transactionWithRetry(this.em, async (em) => {
      const prices = await lockPrices(em, connectionId, [priceId]);
      const price = prices.get(priceId);
      if (price === undefined) {
        throw priceNotFound(priceId);
      }
      if (reason !== null && price.package_id !== null) {
        throw new KanaError('CONFLICT', 'price_mapped', `Price ${priceId} is mapped to package ${price.package_id}; only an unmapped price can be ignored.`);
      }
      await sqlWrite(
        em,
        `update stripe_price set ignored_reason = $3, ignored_at = case when $3::text is null then null else $4::timestamptz end
          where connection_id = $1 and id = $2`,
        [connectionId, priceId, reason, this.clock.now()],
      );
    });
  }

  private async write(em: EntityManager, connectionId: string, mappings: readonly WrittenMapping[]): Promise<void> {
    const mappedAt = this.clock.now().toISOString();
    const rows = mappings.map(({ priceId, packageId, mappedBy, revision }) => ({
      connection_id: connectionId,
      price_id: priceId,
      id: this.ids.next('map'),
      package_id: packageId,
      mapped_by: mappedBy,
      mapped_at: mappedAt,
      revision,
    }));
    await writeRows(em, PRICE_MAPPING_TABLE, rows, 'update');
  }
}

async function lockPrices(em: EntityManager, connectionId: string, priceIds: readonly string[]): Promise<Map<string, PriceRow>> {
  await sqlRows(em, `select id from stripe_price where connection_id = $1 and id = any($2) order by id for update`, [connectionId, priceIds]);
  const rows = await sqlRows<PriceRow>(
    em,
    `select p.id, p.type, m.package_id, m.revision, p.ignored_at is not null as ignored,
            exists (select 1 from package_subscription s
                     where s.connection_id = p.connection_id and s.stripe_price_id = p.id and s.ended_at is null) as subscribed
       from stripe_price p
       left join price_mapping m on m.connection_id = p.connection_id and m.price_id = p.id
      where p.connection_id = $1 and p.id = any($2)`,
    [connectionId, priceIds],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

async function packageStatuses(em: EntityManager, packageIds: readonly string[]): Promise<Map<string, PackageStatus>> {
  const rows = await sqlRows<{ id: string; status: PackageStatus }>(
    em,
    `select id, status from package where id = any($1) order by id for share`,
    [packageIds],
  );
  return new Map(rows.map(({ id, status }) => [id, status]));
}

function decide(
  wanted: readonly WantedMapping[],
  prices: ReadonlyMap<string, PriceRow>,
  packages: ReadonlyMap<string, PackageStatus>,
  pointerOf: PointerOf,
): WantedMapping[] {
  const changes: WantedMapping[] = [];
  const refusals: Refusal[] = [];
  wanted.forEach((one, index) => {
    const price = prices.get(one.priceId);
    const verdict = checkMappingChange({
      price: price ?? null,
      currentPackageId: price?.package_id ?? null,
      packageId: one.packageId,
      packageStatus: packages.get(one.packageId) ?? null,
      subscribed: price?.subscribed ?? false,
    });
    if (verdict.kind === 'REFUSED') {
      refusals.push({ code: verdict.code, detail: sentence(verdict.code, one), pointer: pointerOf(verdict.code, index) });
    } else if (verdict.kind === 'MAP') {
      changes.push(one);
    }
  });
  throwFirst(refusals);
  return changes;
}

function requireRevision({ priceId, expectedRevision }: WantedMapping, price: PriceRow | undefined): void {
  const revision = price?.revision ?? 0;
  if (price !== undefined && expectedRevision !== undefined && expectedRevision !== revision) {
    throw new KanaError('PRECONDITION_FAILED', 'mapping_changed', `The mapping of price ${priceId} was changed meanwhile (it is at revision ${revision}). Read it again, then repeat your change.`);
  }
}

interface Refusal {
  readonly code: MappingRefusal;
  readonly detail: string;
  readonly pointer: string | null;
}

function throwFirst(refusals: readonly Refusal[]): void {
  const [first] = refusals;
  if (first !== undefined) {
    const kind = first.code === 'price_not_found' ? 'NOT_FOUND' : first.code === 'preview_required' ? 'CONFLICT' : 'REFUSED';
    const pointers = refusals.flatMap(({ pointer, detail }): ErrorPointer[] => (pointer === null ? [] : [{ pointer, detail }]));
    throw new KanaError(kind, first.code, `Nothing was mapped. ${first.detail}`, pointers);
  }
}

function sentence(code: MappingRefusal, { priceId, packageId }: WantedMapping): string {
  const sentences: Record<MappingRefusal, string> = {
    price_not_found: `Stripe price ${priceId} has not been seen. Read the prices or import first.`,
    price_one_off: `Price ${priceId} is a one-off price: it cannot be in a subscription.`,
    package_not_found: `There is no package ${packageId}. Create it first.`,
    package_archived: `Package ${packageId} is archived. Map to a published package or a draft.`,
    preview_required: `Users are subscribed through price ${priceId} already; re-pointing it needs a preview.`,
  };
  return sentences[code];
}

export function priceNotFound(priceId: string): KanaError {
  return notFound('price_not_found', sentence('price_not_found', { priceId, packageId: '' }));
}
