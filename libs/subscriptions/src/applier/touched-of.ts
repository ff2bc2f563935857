import type { CustomersApplied } from '@app/customers';

import type { Touched } from '../issues/touched.js';
import type { Projected } from './write-batch.js';

/** What a batch has touched, by what issues may be about. Prices of items that are gone are not known here. */
export function touchedOf(projected: readonly Projected[], customers: CustomersApplied, userKeys: readonly string[]): Touched {
  const records = projected.flatMap(changedRecords);
  return {
    prices: unique(projected.flatMap(({ subscription }) => subscription.items.map(({ priceId }) => priceId))),
    packages: unique(records.map(({ packageId }) => packageId)),
    customers: unique([...customers.byCustomer.keys(), ...projected.map(({ subscription }) => subscription.customerId)]),
    users: unique([...userKeys, ...records.map(({ userKey }) => userKey), ...customers.absorbed.flatMap(({ fromKey, intoKey }) => [fromKey, intoKey])]),
  };
}

/** As they were and as they are. */
function changedRecords({ existing, projection, begun }: Projected): { packageId: string; userKey: string }[] {
  const updated = new Set(projection.update.map(({ id }) => id));
  return [...existing.filter(({ id }) => updated.has(id)), ...projection.update, ...begun];
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
