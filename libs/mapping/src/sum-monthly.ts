import { monthlyAmount, type PricedTerms } from './monthly-amount.js';

/** Items of one quantity and currency, and how many of them. */
export interface ItemGroup {
  readonly quantity: number | null;
  readonly currency: string;
  readonly items: number;
}

/** Money of a month, by currency, in minor units. */
export interface MonthlyMoney {
  readonly monthly: { amount: number; currency: string }[];
  /** Items whose money is not known: in no sum. */
  readonly unknownItems: number;
}

/** The monthly money behind items of one price (rule M4); rounded once, at the end. */
export function sumMonthly(terms: PricedTerms, groups: readonly ItemGroup[]): MonthlyMoney {
  const sums = new Map<string, number>();
  let unknownItems = 0;
  for (const { quantity, currency, items } of groups) {
    const each = monthlyAmount(terms, quantity, currency);
    if (each === null) {
      unknownItems += items;
    } else {
      sums.set(currency, (sums.get(currency) ?? 0) + each * items);
    }
  }
  const monthly = [...sums].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([currency, amount]) => ({ amount: Math.round(amount), currency }));
  return { monthly, unknownItems };
}
