import type Stripe from 'stripe';

/**
 * The SDK describes an answer *after* it has parsed it: decimals are `Stripe.Decimal` objects there. On the wire
 * they are plain strings, and everything else is as typed. This maps the one to the other, to any depth, so that an
 * object builder which forgets a field, or sends a number where Stripe sends a decimal string, does not compile.
 */
export type Wire<T> = T extends Stripe.Decimal
  ? string
  : T extends string | number | boolean | null | undefined | void
    ? T
    : T extends ReadonlyArray<infer Element>
      ? Array<Wire<Element>>
      : { [Key in keyof T]: Wire<T[Key]> };

/** An SDK object on the wire in which the named references are ids, as they are unless someone expands them. */
export type WithIds<T, Reference extends keyof T> = Omit<Wire<T>, Reference> & { [Key in Reference]: string };

/** Any object ready to be written as JSON. */
export type WireObject = { [field: string]: unknown };

/** The API version whose shapes the sandbox speaks; another one would need other builders. */
export const API_VERSION = '2026-10-28.endive';
