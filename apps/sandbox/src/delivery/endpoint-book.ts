import { Collection } from '../store/collection.js';
import { takes } from './endpoint-record.js';
import type { EndpointRecord } from './endpoint-record.js';

const DAY_MS = 24 * 3_600_000;
/** Stripe disables an endpoint after several days on which nothing was delivered. */
const PATIENCE_MS = 3 * DAY_MS;
/** As many as Stripe allows an account. */
export const MOST_ENDPOINTS = 16;

/** The account's webhook endpoints: who is told of what, and how they have behaved. */
export class EndpointBook {
  readonly endpoints = new Collection<EndpointRecord>(() => ['all'], []);
  /** Told of an endpoint that was deleted. */
  onGone: (endpoint: EndpointRecord) => void = () => undefined;

  get(id: string): EndpointRecord | undefined {
    return this.endpoints.get(id);
  }

  all(): EndpointRecord[] {
    return this.endpoints.all();
  }

  /** Those that an event of this type goes to, the oldest first. */
  takersOf(type: string): EndpointRecord[] {
    return this.all().filter((endpoint) => !endpoint.isDisabled && takes(endpoint, type));
  }

  remove(endpoint: EndpointRecord): void {
    this.endpoints.remove(endpoint.id);
    this.onGone(endpoint);
  }

  /** Another secret signs from now on; those before go on signing for `overlapMs`. */
  roll(endpoint: EndpointRecord, secret: string, { nowMs, overlapMs }: { nowMs: number; overlapMs: number }): void {
    const before = endpoint.secrets.map((one) => ({ ...one, until: Math.min(one.until, nowMs + overlapMs) }));
    endpoint.secrets = [{ secret, until: Infinity }, ...before].filter((one) => one.until > nowMs);
  }

  /** All secrets that sign at this time, the newest first. */
  secretsAt(endpoint: EndpointRecord, nowMs: number): string[] {
    return endpoint.secrets.filter((one) => one.until > nowMs).map((one) => one.secret);
  }

  delivered(endpoint: EndpointRecord): void {
    endpoint.failingSince = undefined;
  }

  /** One that has been failing for days is disabled. */
  failed(endpoint: EndpointRecord, nowMs: number): void {
    endpoint.failingSince ??= nowMs;
    if (nowMs - endpoint.failingSince >= PATIENCE_MS) endpoint.isDisabled = true;
  }
}
