import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { IdFactory, sqlRows, sqlWrite } from '@app/common';

import type { ObjectKey } from '../lanes/lane-ledger.js';
import { OBJECT_TYPES } from '../lanes/lane.entity.js';
import type { CommandKind } from './command.entity.js';

/** What commands leave in order by: the Stripe object that they change, or the user or package that they make something for. */
export type CommandSubject = ObjectKey | { readonly type: 'USER' | 'PACKAGE'; readonly id: string };

/** What Kana wants of Stripe. */
export interface NewCommand {
  readonly connectionId: string;
  readonly kind: CommandKind;
  /** Commands about one leave in the order in which they were appended; null = it waits for none. */
  readonly subject: CommandSubject | null;
  readonly userKey: string | null;
  readonly asked: object;
  readonly askedBy: string;
  /** The failed command that this one tries again. */
  readonly retries?: string | undefined;
}

/** Takes commands in. */
@Injectable()
export class CommandOutbox {
  constructor(private readonly ids: IdFactory) {}

  /**
   * In the transaction that decided it, which has taken the subject: so the order of commands is that of the decisions. Ring
   * `commands` after the commit. Gives the command's id.
   */
  async append(em: EntityManager, { connectionId, kind, subject, userKey, asked, askedBy, retries }: NewCommand): Promise<string> {
    const id = this.ids.next('cmd');
    await sqlWrite(
      em,
      `insert into sync_command (id, connection_id, kind, ordering_key, user_key, asked, key_number, state, attempts, next_attempt_at, fence, asked_by, retries, created_at)
       values ($1, $2, $3, $4, $5, $6::jsonb, 1, 'QUEUED', 0, now(), 0, $7, $8, now())`,
      [id, connectionId, kind, orderingKey(subject ?? { type: 'COMMAND', id }), userKey, JSON.stringify(asked), askedBy, retries ?? null],
    );
    return id;
  }

  /** Whether one of this kind, or of any, is on its way, which whatever is appended now comes after. */
  async isOpen(em: EntityManager, connectionId: string, subject: CommandSubject, kind: CommandKind | null = null): Promise<boolean> {
    const open = await sqlRows(
      em,
      `select 1 from sync_command where connection_id = $1 and ordering_key = $2 and kind = coalesce($3, kind) and next_attempt_at is not null limit 1`,
      [connectionId, orderingKey(subject), kind],
    );
    return open.length > 0;
  }
}

/** The Stripe object that an ordering key names; null = it names none. */
export function objectOf(key: string): ObjectKey | null {
  const [type, ...id] = key.split(' ');
  const known = OBJECT_TYPES.find((each) => each === type);
  return known === undefined ? null : { type: known, id: id.join(' ') };
}

/** What commands about one subject have in common. */
export function orderingKey({ type, id }: CommandSubject | { readonly type: 'COMMAND'; readonly id: string }): string {
  return `${type} ${id}`;
}
