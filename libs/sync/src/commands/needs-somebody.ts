/** What of a price that was asked for may be another when it is asked for again, corrected; its currency and how often it is paid are it. */
const FREE_TERMS = `'{amount,nickname,productId}'::text[]`;

/**
 * Whether the command `c` has failed and somebody has to look at it: until a later one of its kind goes through (of prices: of the
 * same; of fields: one that is about all of them), or it is tried again, as then that one needs somebody, if any; SQL.
 */
export const NEEDS_SOMEBODY = `
  c.state = 'FAILED'
    and not exists (select 1 from sync_command r where r.retries = c.id)
    and not exists (select 1 from sync_command l
                     where l.connection_id = c.connection_id and l.ordering_key = c.ordering_key and l.seq > c.seq and l.kind = c.kind and l.state = 'APPLIED'
                        and (c.kind <> 'CREATE_PRICE' or l.asked - ${FREE_TERMS} = c.asked - ${FREE_TERMS})
                        and (c.asked -> 'fields' is null or (l.asked -> 'fields') @> (c.asked -> 'fields')))`;
