import { IdFactory, sqlRows, sqlWrite, transactionWithRetry } from '@app/common';
import { CustomerApplier, type CustomerBatch, type CustomersApplied, ProfileApplier, UserQueries, UserService } from '@app/customers';
import { ormConfig } from '@app/database';
import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';
import { type EntityManager, MikroORM } from '@mikro-orm/postgresql';

import { createTestDatabase } from './database.js';
import { noteStatements } from './count-statements.js';
import { TestClock } from './test-clock.js';

const TABLES = ['customer_link', 'user_name', 'kana_user', 'stripe_customer', 'email_claim'];
const CONNECTION = 'conn_1';

/** Where a customer stands in the database. */
export interface StoredStanding {
  userId: string | null;
  matchedBy: string | null;
  conflict: string | null;
}

/** The appliers of customers and users, and the user service, on a database of their own. */
export interface CustomerSuite {
  orm: MikroORM;
  users: UserService;
  queries: UserQueries;
  clock: TestClock;
  /** Customers with a subscription that gives access. */
  paying: Set<string>;
  /** Applies a page in its own transaction as `SubscriptionApplier` does: removes what was absorbed, lets users follow. */
  apply(customers: readonly CustomerSnapshot[], emailMatch?: EmailMatchPolicy): Promise<CustomersApplied & { statements: string[] }>;
  standings(): Promise<Record<string, StoredStanding>>;
  /** Every row, with the transaction that wrote it: equal before and after means that nothing was written. */
  versions(): Promise<string>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function startCustomerSuite(): Promise<CustomerSuite> {
  const database = await createTestDatabase();
  const orm = await MikroORM.init(ormConfig(database.url));
  const clock = new TestClock();
  const ids = new IdFactory(clock);
  await addConnection(orm);
  const queries = new UserQueries(orm.em.fork());
  const paying = new Set<string>();
  return {
    orm,
    paying,
    queries,
    clock,
    users: new UserService(orm.em.fork(), clock, ids, queries),
    apply: (customers, emailMatch = 'AUTO') =>
      transactionWithRetry(orm.em, (em) => applyPage(em, new CustomerApplier(ids), { connectionId: CONNECTION, emailMatch, customers, at: clock.now() }, paying)),
    standings: () => readStandings(orm),
    versions: async () => {
      const all = TABLES.map((table) => sqlRows(orm.em.fork(), `select ctid::text, t.xmin::text, t.* from ${table} t order by 1`));
      return JSON.stringify(await Promise.all(all));
    },
    clear: async () => {
      paying.clear();
      await sqlWrite(orm.em.fork(), `truncate ${TABLES.join(', ')} cascade`);
    },
    close: async () => {
      await orm.close(true);
      await database.drop();
    },
  };
}

async function applyPage(
  em: EntityManager,
  applier: CustomerApplier,
  batch: CustomerBatch,
  paying: ReadonlySet<string>,
): Promise<CustomersApplied & { statements: string[] }> {
  const noted = noteStatements(em);
  const profiles = new ProfileApplier();
  const matched = await applier.apply(noted.em, batch);
  await applier.removeAbsorbed(em, matched.absorbed.map(({ fromKey }) => fromKey));
  if (matched.touchedUserKeys.length === 0) {
    return { ...matched, statements: noted.statements };
  }
  await profiles.lock(noted.em, matched.touchedUserKeys);
  const users = { userKeys: matched.touchedUserKeys, paying: [...paying].map((customerId) => ({ connectionId: CONNECTION, customerId })) };
  const applied = await profiles.follow(noted.em, batch, matched, users);
  return { ...applied, statements: noted.statements };
}

async function addConnection(orm: MikroORM): Promise<void> {
  await sqlWrite(
    orm.em.fork(),
    `insert into stripe_connection (id, account_id, mode, status, api_key_hint, permissions, settings, created_at, updated_at)
     values ($1, 'acct_1', 'TEST', 'CONNECTED', 'sk_test_…1234', '[]', '{}', now(), now())`,
    [CONNECTION],
  );
}

async function readStandings(orm: MikroORM): Promise<Record<string, StoredStanding>> {
  const rows = await sqlRows<StoredStanding & { id: string }>(
    orm.em.fork(),
    `select c.id, n.name as "userId", l.matched_by as "matchedBy", c.conflict
       from stripe_customer c
       left join customer_link l on l.connection_id = c.connection_id and l.customer_id = c.id
       left join user_name n on n.user_key = l.user_key and n.kind = 'ID'
      order by c.id`,
  );
  return Object.fromEntries(rows.map(({ id, userId, matchedBy, conflict }) => [id, { userId, matchedBy, conflict }]));
}
