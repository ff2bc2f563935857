import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows, sqlWrite } from '@app/common';

/** What a page writes into. */
const TABLES = [
  'stripe_subscription',
  'stripe_subscription_item',
  'stripe_customer',
  'customer_link',
  'email_claim',
  'kana_user',
  'user_name',
  'package_subscription',
  'entitlement_change',
  'import_row',
];
/** Below that, tables are small enough for any plan. */
const FIRST_ROWS = 800;
/** A sample of 6,000 rows is enough to tell what is selective; autovacuum looks closer when it comes. */
const TARGET = 20;
/** How often to ask PostgreSQL: each so many pages. */
const PAGES = 8;

/**
 * Tells PostgreSQL's planner what the tables have become. A first import fills them from nothing within a minute, and
 * autovacuum, which looks once a minute, comes too late: planned for what was there before, the lookups of a page read whole
 * tables, and the import grows slower from page to page.
 */
@Injectable()
export class TableStatistics {
  private pages = 0;

  constructor(private readonly em: EntityManager) {}

  /** To be called after each page. Of tables that have doubled: that is often enough, as the planner scales with their size. */
  async keep(): Promise<void> {
    this.pages += 1;
    if (this.pages % PAGES !== 0) {
      return;
    }
    const grown = await sqlRows<{ name: string }>(
      this.em.fork(),
      `select relname as name from pg_stat_user_tables
        where schemaname = current_schema() and relname = any($1) and n_mod_since_analyze >= greatest(${FIRST_ROWS}, n_live_tup / 2)`,
      [TABLES],
    );
    if (grown.length > 0) {
      await this.analyze(grown.map(({ name }) => name));
    }
  }

  private async analyze(tables: readonly string[]): Promise<void> {
    await this.em.fork().transactional(async (em) => {
      await sqlWrite(em, `set local default_statistics_target = ${TARGET}`);
      await sqlWrite(em, `analyze (skip_locked) ${tables.join(', ')}`);
    });
  }
}
