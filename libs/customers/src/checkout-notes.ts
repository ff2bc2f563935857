import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows } from '@app/common';

/** A completed Checkout session, as far as it says whose customer this is. */
export interface CheckoutTold {
  readonly sessionId: string;
  readonly customerId: string;
  readonly reference: string;
  /** Whole seconds of Stripe's clock. */
  readonly created: number;
}

/** Of several sessions of a customer the oldest counts, whichever is told first. What names nobody is not kept. */
const NOTE = `
  with told as (
    select distinct on (t.customer_id) t.*
      from jsonb_to_recordset($2::jsonb) as t(customer_id text, session_id text, reference text, created bigint)
     where exists (select 1 from user_name n where n.name = t.reference)
     order by t.customer_id, t.created, t.session_id
  ), kept as (
    insert into checkout_reference as c (connection_id, customer_id, session_id, reference, stripe_created)
    select $1, customer_id, session_id, reference, created from told order by customer_id
    on conflict (connection_id, customer_id) do update
      set session_id = excluded.session_id, reference = excluded.reference, stripe_created = excluded.stripe_created
      where (excluded.stripe_created, excluded.session_id) < (c.stripe_created, c.session_id)
    returning c.customer_id
  )
  select k.customer_id as id from kept k join stripe_customer s on s.connection_id = $1 and s.id = k.customer_id order by 1`;

/** Writes down for whom Checkout sessions were opened; the matching of their customers goes by it. */
@Injectable()
export class CheckoutNotes {
  /** Gives those of the customers that Kana knows already: they are to be matched again. */
  async note(em: EntityManager, connectionId: string, told: readonly CheckoutTold[]): Promise<string[]> {
    if (told.length === 0) {
      return [];
    }
    const rows = told.map(({ customerId, sessionId, reference, created }) => ({ customer_id: customerId, session_id: sessionId, reference, created }));
    const known = await sqlRows<{ id: string }>(em, NOTE, [connectionId, JSON.stringify(rows)]);
    return known.map(({ id }) => id);
  }
}
