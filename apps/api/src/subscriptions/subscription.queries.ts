import { notFound } from '@app/common';
import { UserIdQueries } from '@app/customers';
import { PackageSubscription } from '@app/subscriptions';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { decodeCursor, toPage } from '../http/cursor.js';
import type { Page } from '../http/schemas.js';
import { type SubscriptionDto, subscriptionKey, type SubscriptionQuery, toSubscription } from './subscription.dto.js';

/** Package subscriptions with the ids of their users. */
@Injectable()
export class SubscriptionQueries {
  constructor(
    private readonly em: EntityManager,
    private readonly users: UserIdQueries,
  ) {}

  /** Newest first. @throws KanaError user_not_found */
  async list(query: SubscriptionQuery): Promise<Page<SubscriptionDto>> {
    const { limit, cursor, userId, ...filters } = query;
    const before = cursor === undefined ? undefined : decodeCursor(cursor, subscriptionKey);
    const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
    const where = {
      ...given,
      ...(userId === undefined ? {} : { userKey: await this.requireUser(userId) }),
      ...(before === undefined ? {} : { $or: [{ createdAt: { $lt: new Date(before[0]) } }, { createdAt: new Date(before[0]), id: { $lt: before[1] } }] }),
    };
    const rows = await this.em.find(PackageSubscription, where, { orderBy: { createdAt: 'desc', id: 'desc' }, limit: limit + 1 });
    const userIds = await this.users.idsByKey(rows.map(({ userKey }) => userKey));
    return toPage(rows, limit, ({ createdAt, id }) => [createdAt.toISOString(), id], (row) => toSubscription(row, userIds));
  }

  /** @throws KanaError subscription_not_found */
  async get(id: string): Promise<SubscriptionDto> {
    const row = await this.em.findOne(PackageSubscription, { id });
    if (row === null) {
      throw notFound('subscription_not_found', `There is no subscription ${id}.`);
    }
    return toSubscription(row, await this.users.idsByKey([row.userKey]));
  }

  private async requireUser(userId: string): Promise<string> {
    const key = await this.users.keyByName(userId);
    if (key === null) {
      throw notFound('user_not_found', `There is no user ${userId}.`);
    }
    return key;
  }
}
