import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { conflict, sqlRows, sqlWrite, transactionWithRetry } from '@app/common';

import { LaneLedger, type ObjectKey } from '../lanes/lane-ledger.js';
import type { ObjectType } from '../lanes/lane.entity.js';
import { besideKey, type EventFilter, type EventKey, SyncEventQueries, whereEvents } from './sync-event.queries.js';

/** What a replay by filter has set going. */
export interface Replayed {
  readonly events: number;
  readonly objects: number;
  /** Whose worker is to be woken. */
  readonly connectionIds: readonly string[];
  /** Where the next call goes on; null = nothing more matches. */
  readonly next: EventKey | null;
}

interface MatchRow {
  micros: string;
  id: string;
  connection_id: string;
  object_type: ObjectType;
  object_id: string;
}

/**
 * Makes events due again (rule Y4). Whatever an event shows is old by now, so its object is asked for as well: the replay is
 * settled by reading Stripe, and brings Kana to what is true today, not back to what the event says.
 */
@Injectable()
export class EventReplayService {
  constructor(
    private readonly em: EntityManager,
    private readonly queries: SyncEventQueries,
    private readonly lanes: LaneLedger,
  ) {}

  /**
   * @returns the event's connection
   * @throws KanaError event_not_found, connection_required, event_without_object
   */
  async replay(id: string, connectionId?: string): Promise<string> {
    const event = await this.queries.get(id, connectionId);
    const { object } = event;
    if (object === null) {
      throw conflict('event_without_object', `Event ${id} is about no object that Kana keeps in step (${event.type}), so there is nothing to read again.`);
    }
    await transactionWithRetry(this.em, (em) => this.makeDue(em, event.connectionId, [{ id, object }]));
    return event.connectionId;
  }

  /** The oldest matching ones first, `limit` of those after `after`; those about no object are left out. */
  async replayMatching(filter: EventFilter, page: { readonly after?: EventKey; readonly limit: number }): Promise<Replayed> {
    const { sql, parameters } = whereEvents(filter);
    const after = page.after === undefined ? '' : ` and ${besideKey('>', parameters.length + 1)}`;
    const all = [...parameters, ...(page.after ?? []), page.limit + 1];
    const matching = await sqlRows<MatchRow>(
      this.em,
      `select (extract(epoch from received_at) * 1000000)::bigint as micros, id, connection_id, object_type, object_id from sync_event
        where ${sql}${after} and object_id is not null order by received_at, id, connection_id limit $${all.length}`,
      all,
    );
    const rows = matching.slice(0, page.limit);
    const byConnection = [...Map.groupBy(rows, (row) => row.connection_id)];
    await transactionWithRetry(this.em, async (em) => {
      for (const [connectionId, own] of byConnection) {
        await this.makeDue(em, connectionId, own.map((row) => ({ id: row.id, object: { type: row.object_type, id: row.object_id } })));
      }
    });
    const last = rows.at(-1);
    return {
      events: rows.length,
      objects: new Set(rows.map((row) => `${row.connection_id}/${row.object_type}/${row.object_id}`)).size,
      connectionIds: byConnection.map(([connectionId]) => connectionId),
      next: matching.length > page.limit && last !== undefined ? [last.micros, last.id, last.connection_id] : null,
    };
  }

  private async makeDue(em: EntityManager, connectionId: string, events: readonly { readonly id: string; readonly object: ObjectKey }[]): Promise<void> {
    const objects = new Map(events.map(({ object }) => [`${object.type}/${object.id}`, object]));
    await this.lanes.requestReads(em, connectionId, [...objects.values()]);
    await sqlWrite(
      em,
      `update sync_event e
          set result = 'WAITING', reason = null, error = null, attempts = 0, next_attempt_at = now(), settled_at = null
         from (select id from sync_event where connection_id = $1 and id = any($2) order by id for update) as wanted
        where e.connection_id = $1 and e.id = wanted.id`,
      [connectionId, events.map(({ id }) => id)],
    );
  }
}
