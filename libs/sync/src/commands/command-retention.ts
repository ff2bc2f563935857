import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';

import { ENV, type Env, sqlWrite } from '@app/common';

import { NEEDS_SOMEBODY } from './needs-somebody.js';

const BATCH = 2000;

/**
 * What has ended long ago, oldest first, so that nothing is forgotten before what it has cured. A command goes together with
 * those that it tried again, or none of them does: each would need somebody anew without the next one.
 */
const FORGET = `
  with recursive last as (
    select c.id, c.retries from sync_command c
     where c.ended_at < now() - make_interval(days => $1) and not exists (select 1 from sync_command r where r.retries = c.id) and not (${NEEDS_SOMEBODY})
     order by c.ended_at, c.seq limit ${BATCH} for update skip locked
  ), line as (
    select id, retries from last union all select c.id, c.retries from sync_command c join line on c.id = line.retries
  )
  delete from sync_command where id in (select id from line)`;

/**
 * Forgets commands that nobody has to do anything about any more. A day is the least, which is as long as Stripe keeps a key;
 * what ended before was first sent before that.
 */
@Injectable()
export class CommandRetention {
  constructor(
    private readonly em: EntityManager,
    @Inject(ENV) private readonly env: Env,
  ) {}

  /** In batches, each a transaction of its own: nobody waits for it. Gives how many are gone. */
  async sweep(): Promise<number> {
    const days = this.env.commandRetentionDays;
    let total = 0;
    for (let batch = BATCH; days > 0 && batch >= BATCH; total += batch) {
      batch = await sqlWrite(this.em.fork(), FORGET, [days]);
    }
    return total;
  }
}
