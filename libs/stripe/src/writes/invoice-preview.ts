/** A line of an invoice. Amounts are minor units of the invoice's currency; what is given back is negative. Times are RFC 3339. */
export interface PreviewLine {
  readonly description: string | null;
  readonly amount: number;
  readonly quantity: number | null;
  /** Part of a period, for a change in the middle of it. */
  readonly isProration: boolean;
  readonly periodStart: string;
  readonly periodEnd: string;
}

export interface InvoicePreview {
  readonly currency: string;
  readonly total: number;
  /** After what the customer has in hand. */
  readonly amountDue: number;
  /** The first ones, where `hasMoreLines` says so. */
  readonly lines: readonly PreviewLine[];
  readonly hasMoreLines: boolean;
}

/** What Stripe says that a change would cost. */
export interface CostPreview {
  /** The invoice that is made at once; null = none is. */
  readonly now: InvoicePreview | null;
  /** The next regular one, with what waits for it; null = there will be none. */
  readonly next: InvoicePreview | null;
  /** What each one after that comes to, as things are then. */
  readonly renewal: InvoicePreview | null;
  /** To which second parts of periods were reckoned, RFC 3339: what is sent with it costs just that. null = nothing depends on it. */
  readonly prorationDate: string | null;
}
