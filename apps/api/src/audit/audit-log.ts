import { Clock, isoTime, sqlRows, sqlWrite } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { AuditEntryDto } from './audit.dto.js';
import type { AuditNote } from './call-context.js';

/** What to look for; undefined = any. */
export interface AuditFilter {
  /** The id of the last entry seen. */
  readonly before: string | undefined;
  readonly apiKeyId: string | undefined;
  readonly operationId: string | undefined;
  readonly requestId: string | undefined;
  /** Id or alias. */
  readonly userId: string | undefined;
  readonly after: string | undefined;
  readonly until: string | undefined;
  readonly limit: number;
}

interface Row {
  id: string;
  at: string;
  api_key_id: string;
  key_name: string | null;
  operation_id: string;
  method: string;
  route: string;
  parameters: Record<string, string>;
  user_id: string | null;
  request: unknown;
  request_id: string;
}

/** Writes and reads who changed what. Joins the keys' names and the users' present ids. */
@Injectable()
export class AuditLog {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** In the transaction of `em`, where there is one: a user that it makes is found. */
  async write(em: EntityManager, note: AuditNote): Promise<void> {
    await sqlWrite(
      em,
      `insert into audit_entry (at, api_key_id, operation_id, method, route, parameters, user_key, request, request_id)
       values ($1, $2, $3, $4, $5, $6::jsonb, (select user_key from user_name where name = $7), $8::jsonb, $9)`,
      [this.clock.now(), note.apiKeyId, note.operationId, note.method, note.route, JSON.stringify(note.parameters), note.userName, note.request === undefined ? null : JSON.stringify(note.request), note.requestId],
    );
  }

  /** Newest first. */
  async list(filter: AuditFilter): Promise<AuditEntryDto[]> {
    const rows = await sqlRows<Row>(
      this.em.fork(),
      `select e.id::text as id, e.at, e.api_key_id, k.name as key_name, e.operation_id, e.method, e.route, e.parameters,
              n.name as user_id, e.request, e.request_id
         from audit_entry e
         left join api_key k on k.id = e.api_key_id
         left join user_name n on n.user_key = e.user_key and n.kind = 'ID'
        where ($1::bigint is null or e.id < $1) and ($2::text is null or e.api_key_id = $2)
          and ($3::text is null or e.operation_id = $3) and ($4::text is null or e.request_id = $4)
          and ($5::text is null or e.user_key = (select user_key from user_name where name = $5))
          and ($6::timestamptz is null or e.at > $6) and ($7::timestamptz is null or e.at < $7)
        order by e.id desc limit $8`,
      [filter.before, filter.apiKeyId, filter.operationId, filter.requestId, filter.userId, filter.after, filter.until].map((value) => value ?? null).concat(String(filter.limit)),
    );
    return rows.map(toEntry);
  }
}

function toEntry(row: Row): AuditEntryDto {
  return {
    id: row.id,
    at: isoTime(row.at),
    apiKey: { id: row.api_key_id, name: row.key_name },
    operationId: row.operation_id,
    method: row.method,
    route: row.route,
    parameters: row.parameters,
    userId: row.user_id,
    request: row.request ?? null,
    requestId: row.request_id,
  };
}
