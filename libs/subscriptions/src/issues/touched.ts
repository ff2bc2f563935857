/** By what issues may be told apart: a look at these alone finds what has come about or is cured with them. */
export const TOUCHABLE = ['prices', 'packages', 'customers', 'users'] as const;
export type Touchable = (typeof TOUCHABLE)[number];

/** What a piece of work has touched, as it was before and as it is now; `ALL` = too much to tell. Users by their keys. */
export type Touched = Readonly<Partial<Record<Touchable, readonly string[]>>> | 'ALL';

export const NOTHING_TOUCHED: Touched = {};

/** Beyond this a look at everything is cheaper. */
const MAXIMUM = 5000;

export function addTouched(one: Touched, other: Touched): Touched {
  if (one === 'ALL' || other === 'ALL') {
    return 'ALL';
  }
  const sum = TOUCHABLE.map((kind) => [kind, [...new Set([...(one[kind] ?? []), ...(other[kind] ?? [])])]] as const);
  return sum.some(([, ids]) => ids.length > MAXIMUM) ? 'ALL' : Object.fromEntries(sum.filter(([, ids]) => ids.length > 0));
}

export function isNothing(touched: Touched): boolean {
  return touched !== 'ALL' && TOUCHABLE.every((kind) => (touched[kind] ?? []).length === 0);
}
