/** What became of one attempt. `status` 0: no answer in time. */
export interface Attempt {
  event: string;
  type: string;
  endpoint: string;
  attempt: number;
  status: number;
}

/** Counts since the sandbox began, or since they were forgotten. */
export interface Counts {
  delivered: number;
  /** Given up: attempts used up, endpoint disabled or gone, or no room. */
  failed: number;
  attempts: number;
  failedAttempts: number;
  dropped: number;
  doubled: number;
  resent: number;
}

/** As many attempts are remembered one by one. */
const MOST_REMEMBERED = 10_000;

/** Keeps count of deliveries, over all and by endpoint. */
export class Tally {
  private counts = none();
  private byEndpoint = new Map<string, { delivered: number; failed: number }>();
  private attempts: Attempt[] = [];

  add(what: keyof Counts): void {
    this.counts[what] += 1;
  }

  delivered(endpoint: string): void {
    this.counts.delivered += 1;
    this.of(endpoint).delivered += 1;
  }

  failed(endpoint: string): void {
    this.counts.failed += 1;
    this.of(endpoint).failed += 1;
  }

  remember(attempt: Attempt): void {
    this.counts.attempts += 1;
    if (attempt.status < 200 || attempt.status > 299) this.counts.failedAttempts += 1;
    if (this.attempts.length >= 2 * MOST_REMEMBERED) this.attempts = this.attempts.slice(MOST_REMEMBERED);
    this.attempts.push(attempt);
  }

  /** The last attempts, in their order. */
  log(): Attempt[] {
    return this.attempts.slice(-MOST_REMEMBERED);
  }

  report(): Counts & { byEndpoint: Record<string, { delivered: number; failed: number }> } {
    return { ...this.counts, byEndpoint: Object.fromEntries(this.byEndpoint) };
  }

  reset(): void {
    this.counts = none();
    this.byEndpoint = new Map();
    this.attempts = [];
  }

  private of(endpoint: string): { delivered: number; failed: number } {
    const known = this.byEndpoint.get(endpoint) ?? { delivered: 0, failed: 0 };
    this.byEndpoint.set(endpoint, known);
    return known;
  }
}

function none(): Counts {
  return { delivered: 0, failed: 0, attempts: 0, failedAttempts: 0, dropped: 0, doubled: 0, resent: 0 };
}
