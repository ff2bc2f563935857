import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { CatalogCache, featureNotFound, type CatalogSnapshot } from '@app/catalog';
import { Clock, IdFactory, transactionWithRetry } from '@app/common';

import { contextOf, periodAt, userNotFound } from '../entitlements/entitlement-answer.js';
import { EntitlementQueries, type UserStanding } from '../entitlements/entitlement.queries.js';
import { ownerKey } from './period-totals.js';
import { ALL_TIME } from './resolve-period.js';
import { type PlacedRequest, UsageBatch } from './usage-batch.js';
import { featureNotConsumable, usageInFuture } from './usage.errors.js';
import { lockUsage, readByKeys, readTotals, UserGoneError, writeUsage } from './usage-store.js';
import type { UsageOutcome, UsageRequest } from './usage.types.js';

/** How far a caller's clock may be ahead; such a record counts as of now. */
const CLOCK_TOLERANCE_MS = 300_000;
const ATTEMPTS = 3;

/** A request on its way: placed, or refused before the ledger was looked at. */
type Prepared = { readonly kind: 'PLACED'; readonly placed: PlacedRequest } | Extract<UsageOutcome, { kind: 'REFUSED' }>;

/**
 * Records usage (rule E4), and refuses what does not fit where the caller requires that it does. One transaction a batch, a
 * fixed number of statements whatever its size. What one user uses of one feature is recorded one after the other, so
 * that of a hundred who want the last unit one gets it.
 */
@Injectable()
export class UsageService {
  constructor(
    private readonly em: EntityManager,
    private readonly standings: EntitlementQueries,
    private readonly catalog: CatalogCache,
    private readonly ids: IdFactory,
    private readonly clock: Clock,
  ) {}

  /**
   * Each request is answered by itself, in order.
   *
   * @param apiKeyId whose idempotency keys these are
   */
  async record(apiKeyId: string, requests: readonly UsageRequest[]): Promise<UsageOutcome[]> {
    for (let attempt = 1; ; attempt += 1) {
      const prepared = await this.prepare(requests);
      try {
        return await transactionWithRetry(this.em, (transaction) => this.write(transaction, apiKeyId, prepared));
      } catch (error) {
        if (!(error instanceof UserGoneError) || attempt === ATTEMPTS) {
          throw error;
        }
      }
    }
  }

  /** Outside the transaction, so that one call never holds two database connections. */
  private async prepare(requests: readonly UsageRequest[]): Promise<Prepared[]> {
    const standings = await this.standings.standings([...new Set(requests.map(({ userId }) => userId))]);
    const packageIds = [...standings.values()].flatMap(({ subscriptions }) => subscriptions.map(({ packageId }) => packageId));
    const catalog = await this.catalog.snapshotWith({ featureIds: [...new Set(requests.map(({ featureId }) => featureId))], packageIds });
    const now = this.clock.now();
    return requests.map((request) => place(request, standings.get(request.userId), catalog, now));
  }

  private async write(em: EntityManager, apiKeyId: string, prepared: readonly Prepared[]): Promise<UsageOutcome[]> {
    const placed = prepared.flatMap((one) => (one.kind === 'PLACED' ? [one.placed] : []));
    if (placed.length === 0) {
      return prepared.flatMap((one) => (one.kind === 'REFUSED' ? [one] : []));
    }
    const owners = [...new Map(placed.map(({ span }) => [ownerKey(span), span])).values()];
    const counters = await lockUsage(em, owners);
    const known = await readByKeys(em, apiKeyId, placed.map(({ request }) => request.idempotencyKey));
    const totals = await readTotals(em, counters, placed.flatMap(({ span, current }) => [span, current]));
    const recordedAt = this.clock.now();
    const batch = new UsageBatch({ apiKeyId, known, totals, recordedAt, nextId: () => this.ids.next('rec') });
    const outcomes = prepared.map((one) => (one.kind === 'PLACED' ? batch.decide(one.placed) : one));
    const { records, counters: moved } = batch.writes();
    if (records.length > 0) {
      await writeUsage(em, records, moved);
    }
    return outcomes;
  }
}

function place(request: UsageRequest, standing: UserStanding | undefined, catalog: CatalogSnapshot, now: Date): Prepared {
  const feature = catalog.feature(request.featureId);
  if (standing === undefined) {
    return { kind: 'REFUSED', request, error: userNotFound() };
  }
  if (feature === undefined) {
    return { kind: 'REFUSED', request, error: featureNotFound(request.featureId) };
  }
  if (feature.type === 'BINARY') {
    return { kind: 'REFUSED', request, error: featureNotConsumable(feature.id) };
  }
  const asked = request.occurredAt ?? now;
  if (asked.getTime() > now.getTime() + CLOCK_TOLERANCE_MS) {
    return { kind: 'REFUSED', request, error: usageInFuture() };
  }
  const occurredAt = asked > now ? now : asked;
  const context = contextOf(standing, feature, catalog, now);
  const owner = { userKey: standing.userKey, featureId: feature.id };
  const period = periodAt(context, occurredAt);
  const span = { ...owner, period: period ?? ALL_TIME };
  const current = { ...owner, period: periodAt(context, now) ?? ALL_TIME };
  return { kind: 'PLACED', placed: { request, standing, context, occurredAt, span, current, period } };
}
