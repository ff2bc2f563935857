/**
 * What goes wrong, and how often. Shares are from 0 to 1, of the requests under `/v1`. A request is spoiled in one way at
 * most, so that those shares together come to 1 at most; a short page is none of them. All are off by default.
 */
export interface FaultSettings {
  /** Two sandboxes with one seed inflict the same on the n-th request of each endpoint. */
  seed: string;
  /** Requests a second over all endpoints; more are answered 429. 0 = any number. */
  requestsPerSecond: number;
  /** Requests a second of each endpoint. */
  requestsPerSecondPerEndpoint: number;
  /** Answered 500. */
  failing: number;
  /** The connection is reset instead of an answer. */
  reset: number;
  /** The body ends in its middle, and the connection with it. */
  cut: number;
  /** No answer for `silentMs`, then a closed connection. */
  silent: number;
  silentMs: number;
  /** Answered rightly, but only after `slowMs`, or when other settings are put: the request is under way so long. */
  slow: number;
  slowMs: number;
  /** Of the changes that fail, are reset or answered by silence: the share that takes effect before. */
  appliesFirst: number;
  /** List requests with a cursor, whose object is told to be gone. */
  lostCursors: number;
  /** List pages of a quarter of what was asked for at most, with a true `has_more`. */
  shortPages: number;
  /** The endpoints whose requests are spoiled, by method (`POST`) or method and path (`POST /v1/subscriptions/:id`); none = all. */
  only: string[];
  /** Of each endpoint's requests, counted from here, only each so-many-th may be spoiled; 1 = any. */
  every: number;
  /** Keys that are answered 401, as after their revocation. */
  revokedKeys: string[];
}

/** Nothing goes wrong. */
export const CALM: FaultSettings = {
  seed: '1',
  requestsPerSecond: 0,
  requestsPerSecondPerEndpoint: 0,
  failing: 0,
  reset: 0,
  cut: 0,
  silent: 0,
  silentMs: 1000,
  slow: 0,
  slowMs: 1000,
  appliesFirst: 0.5,
  lostCursors: 0,
  shortPages: 0,
  only: [],
  every: 1,
  revokedKeys: [],
};

/** The ways to spoil a request, in the order of the draw. */
export const SPOILS = ['failing', 'reset', 'cut', 'silent', 'lostCursors', 'slow'] as const;
export type Spoil = (typeof SPOILS)[number];

const SHARE = { type: 'number', minimum: 0, maximum: 1 } as const;
const RATE = { type: 'integer', minimum: 0, maximum: 100_000 } as const;

/** The body of `PUT /_sandbox/faults`; what it leaves out is off. */
export const FAULTS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    seed: { type: 'string', maxLength: 100 },
    requestsPerSecond: RATE,
    requestsPerSecondPerEndpoint: RATE,
    ...Object.fromEntries(SPOILS.map((spoil) => [spoil, SHARE])),
    shortPages: SHARE,
    appliesFirst: SHARE,
    silentMs: { type: 'integer', minimum: 0, maximum: 600_000 },
    slowMs: { type: 'integer', minimum: 0, maximum: 600_000 },
    only: {
      type: 'array',
      maxItems: 100,
      items: { type: 'string', pattern: String.raw`^(GET|POST|DELETE)( /v1/\S+)?$` },
    },
    every: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    revokedKeys: { type: 'array', maxItems: 100, items: { type: 'string', maxLength: 255 } },
  },
} as const;

/** Whether the shares leave each request spoiled in one way at most. */
export function isPossible(settings: FaultSettings): boolean {
  // Decimal shares that come to 1 may come to a hair more in binary.
  return SPOILS.reduce((sum, spoil) => sum + settings[spoil], 0) <= 1 + 1e-9;
}
