/** How deliveries are made worse than they are by themselves. Shares are from 0 to 1. All are off by default. */
export interface DeliverySettings {
  /** The same seed draws the same for the same events. */
  seed: string;
  /** Nothing is sent until it is released. */
  hold: boolean;
  /** What waits is sent in any order. */
  shuffle: boolean;
  /** Sent twice. */
  double: number;
  /** Never sent; for Stripe it has failed. */
  drop: number;
  /** Waits so long before it is first sent, in real time. */
  delayMs: { min: number; max: number };
  /** All events from now on carry one and the same second. */
  oneSecond: boolean;
  /** Deliveries under way at once. */
  concurrency: number;
  /** How long an answer may take, in real time. */
  timeoutMs: number;
  /** By what the time between attempts is multiplied; 0 tries again at once. */
  timeScale: number;
  /** By so much is the time in a signature off. It is this machine's otherwise, wherever the account's clock stands. */
  signatureSkewSeconds: number;
}

export const PLAIN: DeliverySettings = {
  seed: '1',
  hold: false,
  shuffle: false,
  double: 0,
  drop: 0,
  delayMs: { min: 0, max: 0 },
  oneSecond: false,
  concurrency: 16,
  timeoutMs: 10_000,
  timeScale: 1,
  signatureSkewSeconds: 0,
};

const SHARE = { type: 'number', minimum: 0, maximum: 1 } as const;
const MS = { type: 'integer', minimum: 0, maximum: 600_000 } as const;
const DAYS = 30 * 86_400;

/** The body of `PUT /_sandbox/delivery`; what it leaves out is off. */
export const DELIVERY_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    seed: { type: 'string', maxLength: 100 },
    hold: { type: 'boolean' },
    shuffle: { type: 'boolean' },
    double: SHARE,
    drop: SHARE,
    delayMs: { type: 'object', additionalProperties: false, required: ['min', 'max'], properties: { min: MS, max: MS } },
    oneSecond: { type: 'boolean' },
    concurrency: { type: 'integer', minimum: 1, maximum: 256 },
    timeoutMs: { type: 'integer', minimum: 1, maximum: 600_000 },
    timeScale: { type: 'number', minimum: 0, maximum: 1 },
    signatureSkewSeconds: { type: 'integer', minimum: -DAYS, maximum: DAYS },
  },
} as const;
