import type pg from 'pg';

/** Rows written straight into the tables, so that a test of reading does not rest on what writes them. */
type Row = Record<string, unknown>;

export const DAY_ONE = '2026-01-31T10:00:00Z';

/** Inserts one row by column names. */
export async function insert(client: pg.Client, table: string, row: Row): Promise<void> {
  const columns = Object.keys(row);
  const values = columns.map((column, index) => (isJson(row[column]) ? `$${index + 1}::jsonb` : `$${index + 1}`));
  await client.query(
    `insert into ${table} (${columns.join(', ')}) values (${values.join(', ')})`,
    columns.map((column) => (isJson(row[column]) ? JSON.stringify(row[column]) : row[column])),
  );
}

/** A user with an id and aliases; the key is `usr_` and the id. */
export async function insertUser(client: pg.Client, id: string, aliases: readonly string[] = []): Promise<string> {
  const key = `usr_${id}`;
  const times = { created_at: DAY_ONE, updated_at: DAY_ONE };
  await insert(client, 'kana_user', { key, id_source: 'PROVIDED', email_verified: false, metadata: {}, ...times });
  await insert(client, 'user_name', { name: id, user_key: key, kind: 'ID' });
  for (const alias of aliases) {
    await insert(client, 'user_name', { name: alias, user_key: key, kind: 'ALIAS' });
  }
  return key;
}

export async function insertConnection(client: pg.Client, id: string, difference: Row = {}): Promise<void> {
  await insert(client, 'stripe_connection', {
    id,
    account_id: `acct_${id}`,
    mode: 'TEST',
    status: 'CONNECTED',
    api_key_hint: 'rk_…abcd',
    permissions: [],
    settings: {},
    created_at: DAY_ONE,
    updated_at: DAY_ONE,
    ...difference,
  });
}

/** How far a connection is in step. */
export async function insertStream(client: pg.Client, connectionId: string, syncedThrough: string): Promise<void> {
  await insert(client, 'sync_stream', { connection_id: connectionId, synced_through: syncedThrough, failures: 0, fence: 0 });
}

/** An open package subscription made by hand in Kana, unless the difference says otherwise. */
export async function insertHeld(client: pg.Client, id: string, userKey: string, packageId: string, difference: Row = {}): Promise<void> {
  await insert(client, 'package_subscription', {
    id,
    user_key: userKey,
    package_id: packageId,
    status: 'ACTIVE',
    source: 'KANA',
    quantity: 1,
    gives_access: true,
    started_at: DAY_ONE,
    usage_anchor: DAY_ONE,
    cancel_at_period_end: false,
    created_at: DAY_ONE,
    updated_at: DAY_ONE,
    ...difference,
  });
}

export async function insertPrice(client: pg.Client, connectionId: string, id: string, difference: Row = {}): Promise<void> {
  await insert(client, 'stripe_price', {
    connection_id: connectionId,
    id,
    product_id: 'prod_gold',
    nickname: 'monthly',
    currency: 'usd',
    unit_amount: 2000,
    unit_amount_decimal: '2000',
    billing_scheme: 'per_unit',
    amounts: {},
    type: 'recurring',
    interval: 'month',
    interval_count: 1,
    usage_type: 'licensed',
    active: true,
    deleted: false,
    created_at: DAY_ONE,
    ...difference,
  });
}

export async function insertMapping(client: pg.Client, connectionId: string, priceId: string, packageId: string): Promise<void> {
  await insert(client, 'price_mapping', {
    connection_id: connectionId,
    price_id: priceId,
    id: `map_${priceId}`,
    package_id: packageId,
    mapped_by: 'USER',
    mapped_at: DAY_ONE,
    revision: 1,
  });
}

/** A live Stripe subscription of a customer, with one item. */
export async function insertStripeSubscription(
  client: pg.Client,
  connectionId: string,
  ids: { subscription: string; customer: string; item: string; price: string },
  parkedReason: string | null = null,
): Promise<void> {
  const common = { connection_id: connectionId, created_at: DAY_ONE };
  await insert(client, 'stripe_subscription', {
    ...common,
    id: ids.subscription,
    customer_id: ids.customer,
    status: 'active',
    live: true,
    currency: 'usd',
    start_date: DAY_ONE,
    cancel_at_period_end: false,
  });
  await insert(client, 'stripe_subscription_item', {
    ...common,
    id: ids.item,
    subscription_id: ids.subscription,
    price_id: ids.price,
    product_id: 'prod_gold',
    quantity: 1,
    parked_reason: parkedReason,
  });
}

function isJson(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
