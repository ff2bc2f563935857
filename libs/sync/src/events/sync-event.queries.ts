import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { invalid, isoTime, notFound, sqlRows } from '@app/common';

import { COMMAND_OF } from '../commands/command-of-key.js';
import type { ObjectType } from '../lanes/lane.entity.js';
import type { EventError, EventResult, EventSource } from './sync-event.entity.js';

/** Which events are meant; what is left out does not matter. Times are RFC 3339. */
export interface EventFilter {
  readonly connectionId?: string;
  readonly type?: string;
  readonly result?: EventResult;
  readonly objectId?: string;
  readonly receivedAfter?: string;
  readonly receivedBefore?: string;
}

/** An event's place in the order in which events came: microseconds since 1970, then its id, then its connection. */
export type EventKey = readonly [receivedAt: string, id: string, connectionId: string];

/** An event as it is told of. Times are RFC 3339. */
export interface EventFacts {
  readonly key: EventKey;
  readonly id: string;
  readonly connectionId: string;
  readonly type: string;
  readonly object: { readonly type: ObjectType; readonly id: string } | null;
  /** Stripe's. */
  readonly createdAt: string;
  readonly source: EventSource;
  readonly receivedAt: string;
  readonly deliveries: number;
  readonly lastReceivedAt: string;
  readonly result: EventResult;
  readonly reason: string | null;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly settledAt: string | null;
  readonly latencyMs: number | null;
  readonly error: EventError | null;
  /** The command of Kana's that it is the echo of. */
  readonly commandId: string | null;
}

/** With what it changed: this holds names and emails. */
export interface EventDetails extends EventFacts {
  readonly apiVersion: string | null;
  readonly before: object | null;
  readonly after: object | null;
}

interface EventRow {
  micros: string;
  id: string;
  connection_id: string;
  type: string;
  object_type: ObjectType | null;
  object_id: string | null;
  created_at: string;
  source: EventSource;
  received_at: string;
  deliveries: number;
  last_received_at: string;
  result: EventResult;
  reason: string | null;
  attempts: number;
  next_attempt_at: string | null;
  settled_at: string | null;
  latency_ms: string | null;
  error: EventError | null;
  command_id: string | null;
}

interface DetailsRow extends EventRow {
  api_version: string | null;
  before: object | null;
  after: object | null;
}

/** Times of one batch are equal, and finer than a date of JavaScript: keys are compared as they are stored. */
const MICROS = `(extract(epoch from received_at) * 1000000)::bigint`;
const FACTS = `${MICROS} as micros, id, connection_id, type, object_type, object_id, to_timestamp(stripe_created) as created_at, source, received_at,
  deliveries, last_received_at, result, reason, attempts, next_attempt_at, settled_at, extract(epoch from settled_at - received_at) * 1000 as latency_ms, error,
  (select c.id from sync_command c where c.id = ${COMMAND_OF('idempotency_key')} and c.connection_id = sync_event.connection_id) as command_id`;

/** The filter as SQL, with its parameters from `$1` on. */
export function whereEvents(filter: EventFilter): { readonly sql: string; readonly parameters: unknown[] } {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  const conditions = given.map(([name], index) => `${CONDITIONS[name as keyof EventFilter]} $${index + 1}`);
  return { sql: ['true', ...conditions].join(' and '), parameters: given.map(([, value]: [string, unknown]) => value) };
}

const CONDITIONS: Record<keyof EventFilter, string> = {
  connectionId: 'connection_id =',
  type: 'type =',
  result: 'result =',
  objectId: 'object_id =',
  receivedAfter: 'received_at >',
  receivedBefore: 'received_at <',
};

/** A comparison with a key's place; the parameters are the three parts of the key. */
export function besideKey(operator: '<' | '>', first: number): string {
  const at = `timestamptz 'epoch' + $${first}::bigint * interval '1 microsecond'`;
  return `(received_at, id, connection_id) ${operator} (${at}, $${first + 1}, $${first + 2})`;
}

/** Tells what came in and what became of it. */
@Injectable()
export class SyncEventQueries {
  constructor(private readonly em: EntityManager) {}

  /** Newest first, `limit` of those before `before`. */
  async list(filter: EventFilter, page: { readonly before?: EventKey; readonly limit: number }): Promise<EventFacts[]> {
    const { sql, parameters } = whereEvents(filter);
    const before = page.before === undefined ? '' : ` and ${besideKey('<', parameters.length + 1)}`;
    const all = [...parameters, ...(page.before ?? []), page.limit];
    const rows = await sqlRows<EventRow>(
      this.em,
      `select ${FACTS} from sync_event where ${sql}${before} order by received_at desc, id desc, connection_id desc limit $${all.length}`,
      all,
    );
    return rows.map(toFacts);
  }

  /**
   * @param connectionId needed only where two accounts have an event of this id
   * @throws KanaError event_not_found, connection_required
   */
  async get(id: string, connectionId?: string): Promise<EventDetails> {
    const rows = await sqlRows<DetailsRow>(
      this.em,
      `select ${FACTS}, api_version, before, after from sync_event
        where id = $1 and connection_id in (select id from stripe_connection) and ($2::text is null or connection_id = $2)`,
      [id, connectionId ?? null],
    );
    const [row] = rows;
    if (row === undefined) {
      throw notFound('event_not_found', `There is no event ${id}. Events are kept for 30 days.`);
    }
    if (rows.length > 1) {
      throw invalid('connection_required', 'Several connected accounts have an event of this id: name one by connectionId.');
    }
    return { ...toFacts(row), apiVersion: row.api_version, before: row.before, after: row.after };
  }
}

function toFacts(row: EventRow): EventFacts {
  return {
    key: [row.micros, row.id, row.connection_id],
    id: row.id,
    connectionId: row.connection_id,
    type: row.type,
    object: row.object_type === null || row.object_id === null ? null : { type: row.object_type, id: row.object_id },
    createdAt: isoTime(row.created_at),
    source: row.source,
    receivedAt: isoTime(row.received_at),
    deliveries: row.deliveries,
    lastReceivedAt: isoTime(row.last_received_at),
    result: row.result,
    reason: row.reason,
    attempts: row.attempts,
    nextAttemptAt: isoTime(row.next_attempt_at),
    settledAt: isoTime(row.settled_at),
    latencyMs: row.latency_ms === null ? null : Math.round(Number(row.latency_ms)),
    error: row.error,
    commandId: row.command_id,
  };
}
