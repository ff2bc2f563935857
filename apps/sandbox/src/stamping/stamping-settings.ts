/**
 * How Stripe's own stamps may lie. All times in milliseconds; by default every stamp is exact. None of this changes what
 * happens, only what is said of when.
 */
export interface StampingSettings {
  seed: string;
  /** Whether an answer's `Date` is taken before, at, or after the reading of the state that it tells. */
  date: 'before' | 'at' | 'after';
  /** How long that gap is: other changes may land in it. */
  lagMs: number;
  /** An event's `created` lies up to so much before what happened. */
  createdEarlyMs: number;
  /** An event's `created` lies up to so much after what happened. */
  createdLateMs: number;
  /** An event's body shows its object as it is up to so much later. The event waits for that. */
  bodyLateMs: number;
  /** Every stamp is off by up to so much, to either side. */
  skewMs: number;
  /** An object read by id may be shown as it was up to so long ago. */
  staleReadsMs: number;
}

export const EXACT: StampingSettings = {
  seed: '1',
  date: 'at',
  lagMs: 0,
  createdEarlyMs: 0,
  createdLateMs: 0,
  bodyLateMs: 0,
  skewMs: 0,
  staleReadsMs: 0,
};

const MS = { type: 'integer', minimum: 0, maximum: 60_000 } as const;

/** The body of `PUT /_sandbox/stamping`; what it leaves out is exact. */
export const STAMPING_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    seed: { type: 'string', maxLength: 100 },
    date: { enum: ['before', 'at', 'after'] },
    lagMs: MS,
    createdEarlyMs: MS,
    createdLateMs: MS,
    bodyLateMs: MS,
    skewMs: MS,
    staleReadsMs: MS,
  },
} as const;
