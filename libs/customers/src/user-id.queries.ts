import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows } from '@app/common';

/** The names that users answer to, for screens that hold only their internal keys. */
@Injectable()
export class UserIdQueries {
  constructor(private readonly em: EntityManager) {}

  /** The current id of each user, by `usr_…` key. */
  async idsByKey(keys: readonly string[]): Promise<Map<string, string>> {
    if (keys.length === 0) {
      return new Map();
    }
    const rows = await sqlRows<{ user_key: string; name: string }>(
      this.em,
      `select user_key, name from user_name where user_key = any($1) and kind = 'ID'`,
      [[...new Set(keys)]],
    );
    return new Map(rows.map((row) => [row.user_key, row.name]));
  }

  /** The internal key of the user who answers to this id or alias; null when there is none. */
  async keyByName(name: string): Promise<string | null> {
    const [row] = await sqlRows<{ user_key: string }>(this.em, `select user_key from user_name where name = $1`, [name]);
    return row?.user_key ?? null;
  }
}
