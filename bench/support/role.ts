import pg from 'pg';

/** Makes a role unless it is there: a peer's migrations name one. Gives what takes it away again, if it was made. */
export async function ensureRole(adminUrl: string, role: string): Promise<() => Promise<void>> {
  const isThere = (await ask(adminUrl, 'select 1 from pg_roles where rolname = $1', [role])) > 0;
  if (isThere) {
    return async () => undefined;
  }
  await ask(adminUrl, `create role "${role}" nologin`, []);
  return async () => {
    await ask(adminUrl, `drop role if exists "${role}"`, []);
  };
}

async function ask(adminUrl: string, statement: string, values: string[]): Promise<number> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return (await client.query(statement, values)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
