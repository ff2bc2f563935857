import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlWrite } from '@app/common';

/** As long as Stripe lists an event: one that is forgotten after that cannot come again. */
const EVENT_DAYS = 30;
/** Days beyond that, so that no event of a time that a forgotten lane knew can be under way any more. */
const LANE_DAYS = 35;
const BATCH = 2000;

/** What a sweep has forgotten. */
export interface Forgotten {
  readonly events: number;
  /** Kept without what they showed. */
  readonly bodies: number;
  readonly lanes: number;
}

/** Settled events, with the personal data that they show. */
const FORGET_EVENTS = `
  delete from sync_event where (connection_id, id) in (
    select connection_id, id from sync_event
     where received_at < now() - make_interval(days => ${EVENT_DAYS}) and next_attempt_at is null and result <> 'DEAD'
     order by received_at limit ${BATCH} for update skip locked)`;

/** What is still to be settled, or needs a human, stays, without its body: its object is then read from Stripe. */
const FORGET_BODIES = `
  update sync_event set body = null, before = null, after = null, servable = false where (connection_id, id) in (
    select connection_id, id from sync_event
     where received_at < now() - make_interval(days => ${EVENT_DAYS}) and (next_attempt_at is not null or result = 'DEAD')
       and num_nonnulls(body, before, after) > 0
     order by received_at limit ${BATCH} for update skip locked)`;

/**
 * A lane keeps a late event from overwriting what is newer, and from bringing back what is gone. Stripe sends and lists no
 * event older than 30 days, so that a lane that has rested for longer has nothing left to keep: whatever can still come is
 * newer than all that it knows.
 */
const FORGET_LANES = `
  delete from sync_lane where (connection_id, object_type, object_id) in (
    select connection_id, object_type, object_id from sync_lane l
     where updated_at < now() - make_interval(days => ${LANE_DAYS}) and reads_wanted = reads_done and coalesce(lease_until < now(), true)
       and not exists (select 1 from sync_event e where e.connection_id = l.connection_id and e.object_type = l.object_type
                          and e.object_id = l.object_id and (e.next_attempt_at is not null or e.result = 'DEAD'))
     limit ${BATCH} for update skip locked)`;

/** Forgets what is old, in batches, each a transaction of its own: nobody waits for it. */
@Injectable()
export class SyncRetention {
  constructor(private readonly em: EntityManager) {}

  async sweep(): Promise<Forgotten> {
    return {
      events: await this.repeat(FORGET_EVENTS),
      bodies: await this.repeat(FORGET_BODIES),
      lanes: await this.repeat(FORGET_LANES),
    };
  }

  private async repeat(statement: string): Promise<number> {
    let total = 0;
    for (let batch = BATCH; batch === BATCH; total += batch) {
      batch = await sqlWrite(this.em.fork(), statement);
    }
    return total;
  }
}
