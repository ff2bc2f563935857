import type { CustomerSnapshot, PriceSnapshot, ProductSnapshot, SubscriptionSnapshot } from '../snapshots/snapshots.js';
import type { Span } from './span.js';

/** What a reading by id found, or that Stripe knows no such object (404); both are dated. */
type Reading<Found> = (Readonly<Found> & { readonly span: Span }) | { readonly snapshot: null; readonly span: Span };

/** What decides, beside the state itself, whether a body may stand for the object (freshness.md). */
interface Standing {
  /** The last command of ours that changed it; null = none has. */
  stamp: string | null;
  /** Nothing was left out: always so of a reading by id, not of every event. */
  whole: boolean;
  /** Stripe's test clock that the object lives under, if any. */
  testClockId: string | null;
}

/** The metadata key under which a change of ours says which command it is (rule K2). */
export const COMMAND_STAMP = 'kana_command';
/** The metadata key under which an object says by which command of ours it was made: the changes that follow have another stamp. */
export const MADE_STAMP = 'kana_made_by';
/** Metadata keys that nobody else may use: what bears them is taken for a command's. */
export const STAMP_KEYS: readonly string[] = [COMMAND_STAMP, MADE_STAMP];

export type SubscriptionReading = Reading<
  Standing & {
    snapshot: SubscriptionSnapshot;
    customer: CustomerSnapshot;
    /** Those that the items carry, each once, without tiers and currency options. */
    prices: readonly PriceSnapshot[];
  }
>;

export type CustomerReading = Reading<Standing & { snapshot: CustomerSnapshot }>;
export type ProductReading = Reading<{ snapshot: ProductSnapshot }>;
export type PriceReading = Reading<{ snapshot: PriceSnapshot }>;
