import type { CustomersApplied } from '@app/customers';

import type { Touched } from '../issues/touched.js';
import type { Projected } from './write-batch.js';

/**
 * What a batch has touched, by what issues may be about; also where nothing of it has changed: whoever changed it may have died
 * before looking. Prices of items that are gone are not known here.
 */
export function touchedOf(projected: readonly Projected[], customers: CustomersApplied, userKeys: readonly string[]): Touched {
  const records = projected.flatMap(concernedRecords);
  const linked = [...customers.byCustomer.values()].flatMap(({ userKey }) => userKey ?? []);
  return {
    prices: unique(projected.flatMap(({ subscription }) => subscription.items.map(({ priceId }) => priceId))),
    packages: unique(records.map(({ packageId }) => packageId)),
    customers: unique([...customers.byCustomer.keys(), ...projected.map(({ subscription }) => subscription.customerId)]),
    users: unique([...userKeys, ...linked, ...records.map(({ userKey }) => userKey), ...customers.absorbed.flatMap(({ fromKey, intoKey }) => [fromKey, intoKey])]),
  };
}

/** Those that were open, as they were, and as they are. */
function concernedRecords({ existing, projection, begun }: Projected): { packageId: string; userKey: string }[] {
  return [...existing.filter(({ endedAt }) => endedAt === null), ...projection.update, ...begun];
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
