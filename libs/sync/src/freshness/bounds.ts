/**
 * When a state was taken, by Stripe's clock alone, in whole seconds: at some T with `from <= T < to + 1`. A row never seen
 * has `NEVER`. Bounds only ever grow.
 */
export interface Bounds {
  readonly from: number;
  readonly to: number;
}

export const NEVER: Bounds = { from: Number.NEGATIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
