import type { Pool, PoolClient } from 'pg';

/** A statement asked for so often will be asked for again. */
const ASKED = 5;
/** What PostgreSQL keeps of one, some ten to a hundred kB, it keeps for each connection. */
const MOST = 200;
/** The columns of these change with the schema, and a plan that was kept would not answer with other ones. */
const OPEN_COLUMNS = /(?:select|returning)\s+\*|\.\*/i;

/**
 * Which statements PostgreSQL is to keep parsed and planned, under which name. As JDBC's and pgx's drivers do it: those that come
 * again and again, and no more than so many.
 */
export class KeptStatements {
  private readonly asked = new Map<string, number>();
  private readonly names = new Map<string, string>();

  /** Null = it is to be planned anew, as ever. */
  nameOf(text: string): string | null {
    const name = this.names.get(text);
    if (name !== undefined) {
      return name;
    }
    if (this.names.size === MOST || OPEN_COLUMNS.test(text)) {
      return null;
    }
    const asked = (this.asked.get(text) ?? 0) + 1;
    if (asked < ASKED) {
      this.note(text, asked);
      return null;
    }
    this.asked.delete(text);
    const given = `kana_${this.names.size + 1}`;
    this.names.set(text, given);
    return given;
  }

  /** What was asked for once and not again makes way. */
  private note(text: string, asked: number): void {
    if (this.asked.size >= MOST * ASKED) {
      this.asked.clear();
    }
    this.asked.set(text, asked);
  }
}

/**
 * Has PostgreSQL keep the statements with parameters that this pool's connections ask for often. PostgreSQL itself decides from
 * the sixth time on whether one plan will do for all parameters; ANALYZE makes it decide anew.
 */
export function keepStatements(pool: Pool): void {
  const statements = new KeptStatements();
  pool.on('connect', (client) => nameStatements(client, statements));
}

function nameStatements(client: PoolClient, statements: KeptStatements): void {
  const ask = client.query.bind(client) as (...values: unknown[]) => unknown;
  const named = (text: unknown, values: unknown, ...rest: unknown[]): unknown => {
    const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? statements.nameOf(text) : null;
    return name === null ? ask(text, values, ...rest) : ask({ name, text, values }, ...rest);
  };
  client.query = named as typeof client.query;
}
