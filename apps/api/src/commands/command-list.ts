import { notFound } from '@app/common';
import { UserIdQueries } from '@app/customers';
import { PackageSubscription } from '@app/subscriptions';
import { type CommandFilter, CommandQueries, orderingKey } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { decodeCursor, toPage } from '../http/cursor.js';
import type { Page } from '../http/schemas.js';
import { type CommandDto, commandKey, type CommandQuery, toCommand } from './command.dto.js';

/** Commands with the ids of their users, found by Kana's own ids. */
@Injectable()
export class CommandList {
  constructor(
    private readonly em: EntityManager,
    private readonly commands: CommandQueries,
    private readonly users: UserIdQueries,
  ) {}

  /** Newest first. @throws KanaError user_not_found, subscription_not_found */
  async list({ limit, cursor, userId, subscriptionId, packageId, ...plain }: CommandQuery): Promise<Page<CommandDto>> {
    const [before] = cursor === undefined ? [] : decodeCursor(cursor, commandKey);
    const filter: CommandFilter = {
      ...plain,
      ...(userId === undefined ? {} : { userKey: await this.requireUser(userId) }),
      ...(subscriptionId === undefined ? {} : await this.aboutSubscription(subscriptionId)),
      ...(packageId === undefined ? {} : { orderingKey: orderingKey({ type: 'PACKAGE', id: packageId }) }),
    };
    const rows = await this.commands.list(filter, { before, limit: limit + 1 });
    const userIds = await this.users.idsByKey(rows.flatMap(({ userKey }) => (userKey === null ? [] : [userKey])));
    return toPage(rows, limit, ({ seq }) => [seq], (row) => toCommand(row, userIds));
  }

  private async aboutSubscription(id: string): Promise<Pick<CommandFilter, 'connectionId' | 'orderingKey'>> {
    const row = await this.em.findOne(PackageSubscription, { id });
    if (row === null) {
      throw notFound('subscription_not_found', `There is no subscription ${id}.`);
    }
    const { connectionId, stripeSubscriptionId } = row;
    // A manual one has no commands.
    return { connectionId: connectionId ?? '', orderingKey: orderingKey({ type: 'SUBSCRIPTION', id: stripeSubscriptionId ?? '' }) };
  }

  private async requireUser(userId: string): Promise<string> {
    const key = await this.users.keyByName(userId);
    if (key === null) {
      throw notFound('user_not_found', `There is no user ${userId}.`);
    }
    return key;
  }
}
