import { EntityManager, IsolationLevel } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { Clock, sqlRows, sqlWrite } from '@app/common';
import { DryRunService } from '@app/subscriptions';
import type { ClaimedDryRun, GroundMarks } from '@app/sync';

import { copyTable, findForeignKeys, findTables, name } from './copied-tables.js';
import { ACCESS_BEFORE, GIVES_ACCESS } from './access-difference.js';

const PREFIX = 'kana_dry_';
/** A statement of a stopped worker may hold on to an old copy; the next sweep drops it. */
const PATIENCE_MS = 2000;

/** What an import would find. */
export interface Ground {
  readonly marks: GroundMarks;
  /** Access is that of this time, before and after. */
  readonly at: Date;
}

/** One copy for each taking of a run: a worker that was stopped past its lease finds its own gone, never another's. */
export function schemaOf({ id, fence }: ClaimedDryRun): string {
  return `${PREFIX}${id}_${fence}`;
}

/** The copy of Kana's tables that a dry run imports into: a schema of its own, which is thrown away. */
@Injectable()
export class DryRunCopy {
  private readonly logger = new Logger(DryRunCopy.name);

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ground: DryRunService,
  ) {}

  /** Copies everything as it is at one moment. */
  async make(run: ClaimedDryRun): Promise<Ground> {
    const schema = schemaOf(run);
    const at = this.clock.now();
    return this.em.fork().transactional(
      async (em) => {
        const marks = await this.ground.mark(em, run.connectionId);
        const tables = await findTables(em);
        const foreignKeys = await findForeignKeys(em);
        await sqlWrite(em, `create schema ${name(schema)}`);
        for (const table of tables) {
          await copyTable(em, schema, table);
        }
        // From here on a table is the copy's, or there is none.
        await sqlWrite(em, `set local search_path = ${name(schema)}`);
        for (const statement of foreignKeys) {
          await sqlWrite(em, statement);
        }
        await this.prepare(em, run, at);
        await sqlWrite(em, `analyze ${tables.filter(({ isCopied }) => isCopied).map((table) => name(table.name)).join(', ')}`);
        return { marks, at };
      },
      { isolationLevel: IsolationLevel.REPEATABLE_READ },
    );
  }

  private async prepare(em: EntityManager, run: ClaimedDryRun, at: Date): Promise<void> {
    await sqlWrite(em, `update import_run set kind = 'IMPORT', status = 'QUEUED', lease_owner = null, lease_until = null where id = $1`, [run.id]);
    // An earlier try has told how far it was: this one begins at the beginning.
    await sqlWrite(em, 'delete from import_range where run_id = $1', [run.id]);
    // Whoever reads an object just now does not read it in here.
    await sqlWrite(em, 'update sync_lane set owner = null, lease_until = null where lease_until is not null');
    await sqlWrite(em, `create unlogged table ${ACCESS_BEFORE} (user_id text, feature_id text)`);
    await sqlWrite(
      em,
      `insert into ${ACCESS_BEFORE}
       select distinct n.name, f.feature_id
         from package_subscription s
         join package_feature f on f.package_id = s.package_id
         join user_name n on n.user_key = s.user_key and n.kind = 'ID'
        where ${GIVES_ACCESS('$1::timestamptz')}`,
      [at],
    );
  }

  async drop(schema: string): Promise<void> {
    await this.em.fork().transactional(async (em) => {
      await sqlWrite(em, `set local lock_timeout = ${PATIENCE_MS}`);
      await sqlWrite(em, `drop schema if exists ${name(schema)} cascade`);
    });
  }

  /** Drops copies that nobody works in: whose worker has died, or had no time to. */
  async dropAbandoned(): Promise<void> {
    const abandoned = await sqlRows<{ schema: string }>(
      this.em.fork(),
      `select n.nspname as schema from pg_namespace n
        where starts_with(n.nspname, '${PREFIX}')
          and not exists (select 1 from import_run r
                           where n.nspname = '${PREFIX}' || r.id || '_' || r.fence and r.status = 'RUNNING' and r.dry_lease_until > now())`,
    );
    for (const { schema } of abandoned) {
      await this.tryToDrop(schema);
    }
  }

  async tryToDrop(schema: string): Promise<void> {
    try {
      await this.drop(schema);
    } catch (error) {
      this.logger.warn({ err: error }, 'The copy of a dry run could not be dropped; a sweep will');
    }
  }
}
