import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows, sqlWrite } from '@app/common';

/** A step of the walk, held by its transaction. */
export interface WalkStep {
  readonly position: string;
  /** Since the step before. */
  readonly seconds: number;
}

/** Keeps the place of the walk round the live subscriptions. Times are the database's. */
@Injectable()
export class SampleLedger {
  /** Takes the walk for this transaction; null where somebody else walks just now, or it begins only now. */
  async take(em: EntityManager, connectionId: string): Promise<WalkStep | null> {
    const begun = await sqlWrite(em, `insert into sample_walk (connection_id, position, walked_at) values ($1, '', now()) on conflict do nothing`, [connectionId]);
    if (begun > 0) {
      return null;
    }
    const [row] = await sqlRows<{ position: string; seconds: number }>(
      em,
      `select position, extract(epoch from now() - walked_at)::float8 as seconds from sample_walk where connection_id = $1 for update skip locked`,
      [connectionId],
    );
    return row ?? null;
  }

  async moveTo(em: EntityManager, connectionId: string, position: string): Promise<void> {
    await sqlWrite(em, `update sample_walk set position = $2, walked_at = now() where connection_id = $1`, [connectionId, position]);
  }
}
