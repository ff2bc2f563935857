import pg from 'pg';

/** All that is stored and may need a human, as plain rows. */
export interface StoredWorld {
  readonly subscriptions: readonly { connection_id: string; id: string; customer_id: string; status: string }[];
  readonly items: readonly { connection_id: string; id: string; subscription_id: string; price_id: string; parked_reason: string | null }[];
  readonly customers: readonly { connection_id: string; id: string; deleted: boolean; email_normalized: string | null; conflict: string | null }[];
  readonly links: readonly { connection_id: string; customer_id: string; user_key: string }[];
  readonly users: readonly StoredUser[];
  readonly names: readonly { name: string; user_key: string }[];
  readonly mappings: readonly { connection_id: string; price_id: string; package_id: string }[];
  readonly packages: readonly { id: string; status: string; is_addon: boolean; requires_base: boolean; base_package_ids: string[]; archived_at: Date | null }[];
  readonly records: readonly StoredRecord[];
  readonly events: readonly { connection_id: string; id: string; object_type: string; object_id: string; result: string; received_at: Date }[];
  readonly lost: readonly { connection_id: string; object_type: string; object_id: string; lost_at: Date }[];
  readonly runs: readonly { id: string; connection_id: string; status: string; requested_at: Date; brake: object | null }[];
  readonly refused: readonly { run_id: string; stripe_subscription_id: string; stored_at: Date | null }[];
  readonly commands: readonly { id: string; connection_id: string; kind: string; ordering_key: string; seq: string; state: string; retries: string | null; asked: Record<string, unknown> }[];
  readonly issues: readonly { connection_id: string; kind: string; subject_id: string; status: string }[];
}

export interface StoredUser {
  readonly key: string;
  readonly id_source: string;
  readonly name_source: string | null;
  readonly email_source: string | null;
  readonly email_normalized: string | null;
  readonly email_verified: boolean;
  readonly billing_id_source: string | null;
  readonly metadata: object;
}

export interface StoredRecord {
  readonly connection_id: string | null;
  readonly user_key: string;
  readonly package_id: string;
  readonly source: string;
  readonly gives_access: boolean;
  readonly access_until: Date | null;
  readonly created_at: Date;
  readonly ended_at: Date | null;
  readonly stripe_item_id: string | null;
}

const TABLES: Record<keyof StoredWorld, string> = {
  subscriptions: 'stripe_subscription',
  items: 'stripe_subscription_item',
  customers: 'stripe_customer',
  links: 'customer_link',
  users: 'kana_user',
  names: `user_name where kind = 'ID'`,
  mappings: 'price_mapping',
  packages: 'package',
  records: 'package_subscription where ended_at is null',
  events: `sync_event where result = 'DEAD'`,
  commands: 'sync_command',
  lost: `sync_lane where lost_at > now() - interval '30 days'`,
  runs: 'import_run',
  refused: `import_row where result = 'FAILED'`,
  issues: 'sync_issue',
};

/** In one snapshot of the database. */
export async function readWorld(databaseUrl: string): Promise<StoredWorld> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const tables: [string, unknown[]][] = [];
    for (const [name, table] of Object.entries(TABLES)) {
      tables.push([name, (await client.query<pg.QueryResultRow>(`select * from ${table}`)).rows]);
    }
    return Object.fromEntries(tables) as unknown as StoredWorld;
  } finally {
    await client.end();
  }
}
