import { randomUUID } from 'node:crypto';

import { Clock, SecretBox, sqlRows, sqlWrite } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

const KEPT_MS = 24 * 60 * 60 * 1000;
/** After this long without an answer an attempt counts as dead, and the next one takes the record over. */
const HELD_MS = 60_000;

/** One request that carried a key: whose, to which operation, and what exactly it asked for. */
export interface IdempotentCall {
  readonly apiKeyId: string;
  /** Method and route template. */
  readonly route: string;
  readonly key: string;
  /** SHA-256 of address and body. */
  readonly fingerprint: string;
}

/** An attempt that may go ahead. */
export interface Hold extends IdempotentCall {
  readonly holder: string;
}

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * `GO`: the first attempt, or the one after an attempt that died before it changed anything. `ANSWER_LOST`: an attempt
 * committed its change and died before its answer was kept. `WITHHELD`: answered, with a secret that is kept nowhere.
 */
export type Reservation =
  | { readonly kind: 'GO'; readonly hold: Hold }
  | { readonly kind: 'REPLAY'; readonly answer: KeptAnswer }
  | { readonly kind: 'IN_FLIGHT' | 'REUSED' | 'ANSWER_LOST' | 'WITHHELD' };

interface Row {
  fingerprint: string;
  held_until: string | null;
  committed_at: string | null;
  sealed_answer: string | null;
}

const SAME = 'api_key_id = $1 and route = $2 and key = $3';

/** Remembers for 24 hours what calls with an `Idempotency-Key` were answered, over all processes. */
@Injectable()
export class IdempotencyLedger {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
  ) {}

  /** Takes the record for this attempt, or says what stands in its way. */
  async reserve(call: IdempotentCall): Promise<Reservation> {
    for (;;) {
      const hold = await this.take(call);
      const found = hold === undefined ? await this.look(call) : ({ kind: 'GO', hold } as const);
      if (found !== undefined) {
        return found;
      }
      // It was answered with a fault or swept between the two looks: free again.
    }
  }

  /**
   * Ties the attempt to its change: to be called in the transaction that makes it. False when another attempt has taken
   * the record over meanwhile; the transaction must then be rolled back, or the change could be made twice.
   */
  async markCommitted(em: EntityManager, hold: Hold): Promise<boolean> {
    const marked = await sqlWrite(em, `update idempotency_record set committed_at = $5 where ${SAME} and holder = $4`, [...keyOf(hold), hold.holder, this.clock.now()]);
    return marked === 1;
  }

  /** Keeps the answer for replays. @param answer null = it held a secret */
  async complete(hold: Hold, answer: KeptAnswer | null): Promise<void> {
    const sealed = answer === null ? null : this.secrets.seal(JSON.stringify(answer), placeOf(hold));
    await sqlWrite(this.em.fork(), `update idempotency_record set held_until = null, sealed_answer = $5 where ${SAME} and holder = $4`, [...keyOf(hold), hold.holder, sealed]);
  }

  /** The attempt ended in a fault, which is not kept: the next one may try again, unless the change was made already. */
  async release(hold: Hold): Promise<void> {
    const em = this.em.fork();
    await sqlWrite(em, `delete from idempotency_record where ${SAME} and holder = $4 and committed_at is null`, [...keyOf(hold), hold.holder]);
    await sqlWrite(em, `update idempotency_record set held_until = $5 where ${SAME} and holder = $4`, [...keyOf(hold), hold.holder, this.clock.now()]);
  }

  /** Forgets what is older than a day; gives how many. */
  async sweep(): Promise<number> {
    return sqlWrite(this.em.fork(), 'delete from idempotency_record where created_at <= $1', [this.dayAgo()]);
  }

  private async take(call: IdempotentCall): Promise<Hold | undefined> {
    const now = this.clock.now();
    const holder = randomUUID();
    const taken = await sqlRows(
      this.em.fork(),
      `insert into idempotency_record as r (api_key_id, route, key, fingerprint, holder, held_until, created_at)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (api_key_id, route, key) do update
         set fingerprint = excluded.fingerprint, holder = excluded.holder, held_until = excluded.held_until,
             committed_at = null, sealed_answer = null, created_at = excluded.created_at
       where r.created_at <= $8
          or (r.held_until <= $7 and r.committed_at is null and r.fingerprint = excluded.fingerprint)
       returning holder`,
      [...keyOf(call), call.fingerprint, holder, new Date(now.getTime() + HELD_MS), now, this.dayAgo()],
    );
    return taken.length === 0 ? undefined : { ...call, holder };
  }

  private async look(call: IdempotentCall): Promise<Reservation | undefined> {
    const [row] = await sqlRows<Row>(
      this.em.fork(),
      `select fingerprint, held_until, committed_at, sealed_answer from idempotency_record where ${SAME}`,
      keyOf(call),
    );
    if (row === undefined) {
      return undefined;
    }
    if (row.fingerprint !== call.fingerprint) {
      return { kind: 'REUSED' };
    }
    return row.held_until === null ? this.answered(call, row.sealed_answer) : this.underWay(row, row.held_until);
  }

  private underWay({ committed_at }: Row, heldUntil: string): Reservation | undefined {
    if (new Date(heldUntil) > this.clock.now()) {
      return { kind: 'IN_FLIGHT' };
    }
    return committed_at === null ? undefined : { kind: 'ANSWER_LOST' };
  }

  private answered(call: IdempotentCall, sealed: string | null): Reservation {
    if (sealed === null) {
      return { kind: 'WITHHELD' };
    }
    const answer = JSON.parse(this.secrets.open(sealed, placeOf(call))) as KeptAnswer;
    return { kind: 'REPLAY', answer };
  }

  private dayAgo(): Date {
    return new Date(this.clock.now().getTime() - KEPT_MS);
  }
}

function keyOf({ apiKeyId, route, key }: IdempotentCall): [string, string, string] {
  return [apiKeyId, route, key];
}

function placeOf({ apiKeyId, route, key }: IdempotentCall): string {
  return `idempotency_record/${apiKeyId}/${route}/${key}/answer`;
}
