import type { CustomersApplied } from './customer.applier.js';

/**
 * Users that a batch has made for one customer, and that nothing else of it has led to. They show what that customer shows,
 * whether it pays or not, and nobody else can have seen them yet: there is nothing to choose for them anew.
 */
export function findSoleNewcomers({ byCustomer, absorbed }: Pick<CustomersApplied, 'byCustomer' | 'absorbed'>): Set<string> {
  const made = new Set<string>();
  const met = new Map<string, number>();
  for (const { userKey, userCreated, conflict } of byCustomer.values()) {
    if (userKey !== null) {
      met.set(userKey, (met.get(userKey) ?? 0) + 1);
      if (userCreated && conflict === null) {
        made.add(userKey);
      }
    }
  }
  const heirs = new Set(absorbed.map(({ intoKey }) => intoKey));
  return new Set([...made].filter((key) => met.get(key) === 1 && !heirs.has(key)));
}
