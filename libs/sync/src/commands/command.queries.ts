import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { isoTime, notFound, sqlRows } from '@app/common';

import { COMMAND_OF } from './command-of-key.js';
import type { CommandError, CommandKind, CommandResult, CommandState } from './command.entity.js';

/** Which commands are meant; what is left out does not matter. */
export interface CommandFilter {
  readonly connectionId?: string;
  readonly state?: CommandState;
  readonly kind?: CommandKind;
  readonly userKey?: string;
  readonly orderingKey?: string;
}

/** A command as it is told of. Times are RFC 3339. */
export interface CommandFacts {
  readonly id: string;
  /** Its place in the order in which commands were appended. */
  readonly seq: string;
  readonly connectionId: string;
  readonly kind: CommandKind;
  readonly state: CommandState;
  /** `SUBSCRIPTION` and its Stripe id, `USER` and its key, … */
  readonly orderingKey: string;
  readonly userKey: string | null;
  readonly asked: Readonly<Record<string, unknown>>;
  readonly askedBy: string;
  /** What is sent, as it was frozen; null = not decided yet. */
  readonly request: Readonly<Record<string, unknown>> | null;
  readonly result: CommandResult | null;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly createdAt: string;
  readonly firstSentAt: string | null;
  readonly sentAt: string | null;
  readonly endedAt: string | null;
  readonly confirmedAt: string | null;
  readonly confirmedBy: string | null;
  readonly error: CommandError | null;
  readonly retries: string | null;
  readonly retriedBy: string | null;
}

interface CommandRow {
  id: string;
  seq: string;
  connection_id: string;
  kind: CommandKind;
  state: CommandState;
  ordering_key: string;
  user_key: string | null;
  asked: Record<string, unknown>;
  asked_by: string;
  request: Record<string, unknown> | null;
  result: CommandResult | null;
  attempts: number;
  next_attempt_at: string | null;
  created_at: string;
  first_sent_at: string | null;
  sent_at: string | null;
  ended_at: string | null;
  confirmed_at: string | null;
  confirmed_by: string | null;
  error: CommandError | null;
  retries: string | null;
  retried_by: string | null;
}

const FACTS = `c.id, c.seq, c.connection_id, c.kind, c.state, c.ordering_key, c.user_key, c.asked, c.asked_by, c.request, c.result, c.attempts, c.next_attempt_at, c.created_at,
  c.first_sent_at, c.sent_at, c.ended_at, c.confirmed_at, c.confirmed_by, c.error, c.retries, (select r.id from sync_command r where r.retries = c.id) as retried_by`;

const COLUMNS: Record<keyof CommandFilter, string> = { connectionId: 'connection_id', state: 'state', kind: 'kind', userKey: 'user_key', orderingKey: 'ordering_key' };

/** Tells what Kana wanted of Stripe, and what became of it. */
@Injectable()
export class CommandQueries {
  constructor(private readonly em: EntityManager) {}

  /** Newest first, `limit` of those before `before`. */
  async list(filter: CommandFilter, page: { readonly before?: string; readonly limit: number }): Promise<CommandFacts[]> {
    const given = Object.entries(filter).filter(([, value]) => value !== undefined);
    const conditions = given.map(([name], index) => `c.${COLUMNS[name as keyof CommandFilter]} = $${index + 3}`);
    const rows = await sqlRows<CommandRow>(
      this.em.fork(),
      `select ${FACTS} from sync_command c where ${['c.seq < coalesce($1::bigint, 9223372036854775807)', ...conditions].join(' and ')} order by c.seq desc limit $2`,
      [page.before ?? null, page.limit, ...given.map(([, value]: [string, unknown]) => value)],
    );
    return rows.map(toFacts);
  }

  /** Of these events those by which what a command did was first seen, with the commands: of an echo that came after the answer, what it showed that was new was done by somebody else. */
  async echoes(eventIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await sqlRows<{ event_id: string; id: string }>(
      this.em.fork(),
      `select e.id as event_id, c.id from sync_event e join sync_command c on c.id = ${COMMAND_OF('e.idempotency_key')} and c.connection_id = e.connection_id
        where e.id = any($1) and (c.state <> 'APPLIED' or e.settled_at < c.ended_at)`,
      [eventIds],
    );
    return new Map(rows.map(({ event_id: eventId, id }) => [eventId, id]));
  }

  /** @throws KanaError command_not_found */
  async get(id: string, em: EntityManager = this.em.fork()): Promise<CommandFacts> {
    const [row] = await sqlRows<CommandRow>(em, `select ${FACTS} from sync_command c where c.id = $1`, [id]);
    if (row === undefined) {
      throw notFound('command_not_found', `There is no command ${id}.`);
    }
    return toFacts(row);
  }
}

function toFacts(row: CommandRow): CommandFacts {
  return {
    id: row.id,
    seq: row.seq,
    connectionId: row.connection_id,
    kind: row.kind,
    state: row.state,
    orderingKey: row.ordering_key,
    userKey: row.user_key,
    asked: row.asked,
    askedBy: row.asked_by,
    request: row.request,
    result: row.result,
    attempts: row.attempts,
    nextAttemptAt: isoTime(row.next_attempt_at),
    createdAt: isoTime(row.created_at),
    firstSentAt: isoTime(row.first_sent_at),
    sentAt: isoTime(row.sent_at),
    endedAt: isoTime(row.ended_at),
    confirmedAt: isoTime(row.confirmed_at),
    confirmedBy: row.confirmed_by,
    error: row.error,
    retries: row.retries,
    retriedBy: row.retried_by,
  };
}
