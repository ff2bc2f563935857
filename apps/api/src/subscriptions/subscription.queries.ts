import { Clock, notFound } from '@app/common';
import { UserIdQueries } from '@app/customers';
import { EntitlementChange, PackageSubscription, type SubscriptionStatus } from '@app/subscriptions';
import { CommandQueries } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { decodeCursor, toPage } from '../http/cursor.js';
import type { Page } from '../http/schemas.js';
import { type TimelineEntryDto, timelineKey, type TimelineQuery, toTimelineEntry } from './timeline.dto.js';
import { type SubscriptionDto, subscriptionKey, type SubscriptionQuery, toSubscription } from './subscription.dto.js';

/** Package subscriptions with the ids of their users. */
@Injectable()
export class SubscriptionQueries {
  constructor(
    private readonly em: EntityManager,
    private readonly users: UserIdQueries,
    private readonly clock: Clock,
    private readonly commands: CommandQueries,
  ) {}

  /** Newest first. @throws KanaError user_not_found */
  async list(query: SubscriptionQuery): Promise<Page<SubscriptionDto>> {
    const { limit, cursor, userId, status, ...filters } = query;
    const now = this.clock.now();
    const before = cursor === undefined ? undefined : decodeCursor(cursor, subscriptionKey);
    const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
    const where = {
      ...given,
      ...(userId === undefined ? {} : { userKey: await this.requireUser(userId) }),
      $and: [
        ...(status === undefined ? [] : [withStatus(status, now)]),
        ...(before === undefined ? [] : [{ $or: [{ createdAt: { $lt: new Date(before[0]) } }, { createdAt: new Date(before[0]), id: { $lt: before[1] } }] }]),
      ],
    };
    const rows = await this.em.find(PackageSubscription, where, { orderBy: { createdAt: 'desc', id: 'desc' }, limit: limit + 1 });
    const userIds = await this.users.idsByKey(rows.map(({ userKey }) => userKey));
    return toPage(rows, limit, ({ createdAt, id }) => [createdAt.toISOString(), id], (row) => toSubscription(row, userIds, now));
  }

  /** In the order of the ids given; all of them exist. */
  async listById(ids: readonly string[]): Promise<SubscriptionDto[]> {
    const rows = new Map((await this.em.find(PackageSubscription, { id: { $in: [...ids] } })).map((row) => [row.id, row]));
    const userIds = await this.users.idsByKey([...rows.values()].map(({ userKey }) => userKey));
    return ids.flatMap((id) => {
      const row = rows.get(id);
      return row === undefined ? [] : [toSubscription(row, userIds, this.clock.now())];
    });
  }

  /** Those that stand for one Stripe subscription, and have not ended. */
  async listOfStripe(connectionId: string, stripeSubscriptionId: string): Promise<SubscriptionDto[]> {
    const rows = await this.em.fork().find(PackageSubscription, { connectionId, stripeSubscriptionId, endedAt: null }, { orderBy: { id: 'asc' } });
    const userIds = await this.users.idsByKey(rows.map(({ userKey }) => userKey));
    return rows.map((row) => toSubscription(row, userIds, this.clock.now()));
  }

  /** @throws KanaError subscription_not_found */
  async get(id: string): Promise<SubscriptionDto> {
    const row = await this.require(id);
    return toSubscription(row, await this.users.idsByKey([row.userKey]), this.clock.now());
  }

  /** The one that goes on from it after a change of package; itself where there is none. @throws KanaError subscription_not_found */
  async getContinuing(id: string): Promise<SubscriptionDto> {
    const { connectionId, stripeSubscriptionId } = await this.require(id);
    const next = await this.em.fork().findOne(PackageSubscription, { connectionId, stripeSubscriptionId, continues: id });
    return this.get(next?.id ?? id);
  }

  /** The open one to this package in the same Stripe subscription; itself where there is none. @throws KanaError subscription_not_found */
  async getBeside(id: string, packageId: string): Promise<SubscriptionDto> {
    const { connectionId, stripeSubscriptionId } = await this.require(id);
    const beside = await this.em.fork().findOne(PackageSubscription, { connectionId, stripeSubscriptionId, packageId, endedAt: null });
    return this.get(beside?.id ?? id);
  }

  /** What access by it began, changed and ended, the latest first. @throws KanaError subscription_not_found */
  async timeline(id: string, { limit, cursor }: TimelineQuery): Promise<Page<TimelineEntryDto>> {
    await this.require(id);
    const before = cursor === undefined ? {} : { id: { $lt: decodeCursor(cursor, timelineKey)[0] } };
    const rows = await this.em.find(EntitlementChange, { packageSubscriptionId: id, ...before }, { orderBy: { id: 'desc' }, limit: limit + 1 });
    const userIds = await this.users.idsByKey(rows.map(({ userKey }) => userKey));
    const echoes = await this.commands.echoes(rows.flatMap(({ cause, causeId }) => (cause === 'EVENT' ? [causeId] : [])));
    return toPage(rows, limit, (row) => [row.id], (row) => toTimelineEntry(row, userIds, echoes));
  }

  private async require(id: string): Promise<PackageSubscription> {
    const row = await this.em.findOne(PackageSubscription, { id });
    if (row === null) {
      throw notFound('subscription_not_found', `There is no subscription ${id}.`);
    }
    return row;
  }

  private async requireUser(userId: string): Promise<string> {
    const key = await this.users.keyByName(userId);
    if (key === null) {
      throw notFound('user_not_found', `There is no user ${userId}.`);
    }
    return key;
  }
}

/** By the status that is shown: what has run out is CANCELLED, although no sweep has written that down yet. */
function withStatus(status: SubscriptionStatus, now: Date) {
  return status === 'CANCELLED'
    ? { $or: [{ status }, { source: 'KANA' as const, endedAt: null, accessUntil: { $lte: now } }] }
    : { status, $or: [{ source: 'STRIPE' as const }, { endedAt: { $ne: null } }, { accessUntil: null }, { accessUntil: { $gt: now } }] };
}
