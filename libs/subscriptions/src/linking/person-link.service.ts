import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, sqlRows, transactionWithRetry } from '@app/common';
import type { LinkTarget, UserView } from '@app/customers';
import { ConnectionService, type StripeConnection } from '@app/stripe';

import { type BatchApplied, SubscriptionApplier } from '../applier/subscription.applier.js';
import { loadCustomers, loadSnapshots, lockStripeObjects } from '../applier/subscription.queries.js';
import { ConversionService } from '../conversion/conversion.service.js';
import { IssueDeriver } from '../issues/issue-deriver.js';
import { MADE } from '../issues/wanted-issues.sql.js';

interface CustomerOf {
  readonly connection: StripeConnection;
  readonly customerId: string;
}

/** The others who have the email that the company gave user `$1`, and says is verified. */
const HAVE_VERIFIED_EMAIL = `
  select m.key,
         ${MADE('m')}
         and exists (select 1 from user_name n where n.user_key = m.key and n.kind = 'ID' and coalesce(n.normalized, n.name) = g.email_normalized)
         and not exists (select 1 from customer_link l join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id
                          where l.user_key = m.key and c.conflict is not null) as is_made
    from kana_user g
    join kana_user m on m.email_normalized = g.email_normalized and m.key <> g.key
   where g.key = $1 and g.id_source = 'PROVIDED' and g.email_source = 'COMPANY' and g.email_verified
   limit 2`;

/** Lets a person say whose a Stripe customer is (rules U6, U10), with what it pays for, at once. */
@Injectable()
export class PersonLinkService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly applier: SubscriptionApplier,
    private readonly conversions: ConversionService,
    private readonly issues: IssueDeriver,
  ) {}

  /** @throws KanaError customer_not_found, user_not_found, user_exists, billing_id_taken */
  async link(connectionId: string, customerId: string, to: LinkTarget): Promise<void> {
    await this.linkAll([{ connection: await this.connections.get(connectionId), customerId }], to);
  }

  /**
   * Lets a user have all customers of one who was made from Stripe, who is absorbed thereby: its id becomes an alias.
   *
   * @throws KanaError user_not_found, billing_id_taken
   */
  async takeOver(fromKey: string, userId: string): Promise<void> {
    const rows = await sqlRows<{ connection_id: string; customer_id: string }>(
      this.em,
      `select connection_id, customer_id from customer_link where user_key = $1 order by connection_id, customer_id`,
      [fromKey],
    );
    const connections = new Map((await this.connections.list()).map((connection) => [connection.id, connection]));
    const customers = rows.flatMap((row): CustomerOf[] => {
      const connection = connections.get(row.connection_id);
      return connection === undefined ? [] : [{ connection, customerId: row.customer_id }];
    });
    await this.linkAll(customers, { userId });
  }

  /** Rule U10: who has shown that an email is theirs takes over the one who was made from Stripe by it, where nobody else has it. */
  async takeOverClaimed({ key, id }: Pick<UserView, 'key' | 'id'>): Promise<void> {
    const [other, ...more] = await sqlRows<{ key: string; is_made: boolean }>(this.em, HAVE_VERIFIED_EMAIL, [key]);
    if (other?.is_made === true && more.length === 0) {
      await this.takeOver(other.key, id);
    }
  }

  /** All or none. */
  private async linkAll(customers: readonly CustomerOf[], to: LinkTarget): Promise<void> {
    const linked = await transactionWithRetry(this.em, async (em) => {
      const done: (CustomerOf & { applied: BatchApplied })[] = [];
      for (const customer of customers) {
        done.push({ ...customer, applied: await this.linkOne(em, customer, to) });
      }
      return done;
    });
    for (const { connection, customerId, applied } of linked) {
      await this.issues.refresh(this.em.fork(), connection.id, applied.touched);
      // Others who waited over an email that is somebody's now.
      if (applied.customers.waiting.length > 0) {
        await this.conversions.convert(connection.id, { kind: 'CUSTOMERS', customerIds: applied.customers.waiting }, { kind: 'USER', id: customerId });
      }
    }
  }

  private async linkOne(em: EntityManager, { connection, customerId }: CustomerOf, to: LinkTarget): Promise<BatchApplied> {
    const { id: connectionId, settings } = connection;
    const rows = await sqlRows<{ id: string }>(em, `select id from stripe_subscription where connection_id = $1 and customer_id = $2 order by id`, [connectionId, customerId]);
    const ids = rows.map(({ id }) => id);
    await lockStripeObjects(em, connectionId, [customerId, ...ids]);
    return this.applier.link(em, customerId, to, {
      connectionId,
      emailMatch: settings.emailMatch,
      subscriptions: await loadSnapshots(em, connectionId, ids),
      customers: await loadCustomers(em, connectionId, [customerId]),
      newPrices: [],
      newProducts: [],
      causeOf: () => ({ kind: 'USER', id: customerId }),
      at: this.clock.now(),
    });
  }
}
