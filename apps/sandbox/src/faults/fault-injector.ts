import { setTimeout as wait } from 'node:timers/promises';
import { Random } from '../account/random.js';
import { ApiFault, unauthorized } from '../http/faults.js';
import { masked } from '../http/keys.js';
import { CALM, SPOILS } from './fault-settings.js';
import type { FaultSettings, Spoil } from './fault-settings.js';
import { RateWindow } from './rate-window.js';

/** What was done to requests since the settings were put. */
export type Inflicted = Record<Spoil | 'shortPages' | 'globalRate' | 'endpointRate' | 'revokedKeys', number>;

export interface FaultReport {
  settings: FaultSettings;
  inflicted: Inflicted;
}

/** What becomes of one request. */
export interface Fate {
  spoil: Spoil | undefined;
  isShort: boolean;
  /** From 0 up to 1: how short a page is, where a body is cut. */
  measure: number;
}

const STEPS = 1_000_000;

/**
 * Decides what goes wrong. Each endpoint has a stream of chance of its own: requests of different endpoints that overtake
 * one another change nothing.
 */
export class FaultInjector {
  private settings = CALM;
  private inflicted = none();
  private random = new Random(CALM.seed);
  private streams = new Map<string, Random>();
  private windows = new Map<string, RateWindow>();
  private drawn = new Map<string, number>();
  private replaced = Promise.withResolvers<void>();

  /** Forgets what was drawn and counted: the same settings do the same again. */
  put(settings: Partial<FaultSettings>): FaultReport {
    this.replaced.resolve();
    this.replaced = Promise.withResolvers();
    this.settings = { ...CALM, ...settings };
    this.inflicted = none();
    this.random = new Random(this.settings.seed);
    this.streams = new Map();
    this.windows = new Map();
    this.drawn = new Map();
    return this.report();
  }

  report(): FaultReport {
    return { settings: this.settings, inflicted: { ...this.inflicted } };
  }

  get silentMs(): number {
    return this.settings.silentMs;
  }

  /** As long as an answer is slow; with other settings it comes at once. */
  async slowness(): Promise<void> {
    await Promise.race([wait(this.settings.slowMs, undefined, { ref: false }), this.replaced.promise]);
  }

  /** Whether a change that is spoiled takes effect before. */
  appliesFirst({ measure }: Fate): boolean {
    return measure < this.settings.appliesFirst;
  }

  /** Throws what Stripe answers to a key that was taken back. */
  demandValid(key: string): void {
    if (!this.settings.revokedKeys.includes(key)) return;
    this.inflicted.revokedKeys += 1;
    throw unauthorized(`Expired API Key provided: ${masked(key)}`, { code: 'api_key_expired' });
  }

  /** Throws Stripe's 429 when there were too many requests within the last second; `at` in milliseconds. */
  admit(pattern: string, at: number): void {
    const endpoint = this.windowOf(pattern);
    const all = this.windowOf('');
    if (endpoint.isFull(at, this.settings.requestsPerSecondPerEndpoint)) throw this.limited('endpointRate', 'endpoint-rate');
    if (all.isFull(at, this.settings.requestsPerSecond)) throw this.limited('globalRate', 'global-rate');
    endpoint.count(at);
    all.count(at);
  }

  /** Draws as often whatever comes of it, so that one request's fate does not depend on another's settings. */
  draw(pattern: string): Fate {
    const stream = this.streams.get(pattern) ?? this.random.fork(pattern);
    this.streams.set(pattern, stream);
    let left = stream.below(STEPS) / STEPS;
    const isShort = stream.chance(this.settings.shortPages);
    const measure = stream.below(STEPS) / STEPS;
    const spoil = SPOILS.find((one) => {
      left -= this.settings[one];
      return left < 0;
    });
    return this.isExposed(pattern) ? { spoil, isShort, measure } : { spoil: undefined, isShort: false, measure };
  }

  /** Whether this request of an endpoint is one that may be spoiled. */
  private isExposed(pattern: string): boolean {
    const count = (this.drawn.get(pattern) ?? 0) + 1;
    this.drawn.set(pattern, count);
    const { only, every } = this.settings;
    const line = pattern.startsWith('/') ? `GET ${pattern}` : pattern;
    return count % every === 0 && (only.length === 0 || only.includes(line) || only.includes(line.split(' ')[0] ?? ''));
  }

  /** A fault that was drawn may have nothing to act on: only what came to pass is counted. */
  count(what: Spoil | 'shortPages'): void {
    this.inflicted[what] += 1;
  }

  private windowOf(name: string): RateWindow {
    const window = this.windows.get(name) ?? new RateWindow();
    this.windows.set(name, window);
    return window;
  }

  private limited(counter: 'endpointRate' | 'globalRate', reason: string): ApiFault {
    this.inflicted[counter] += 1;
    return new ApiFault({
      status: 429,
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
      headers: { 'Stripe-Rate-Limited-Reason': reason },
    });
  }
}

function none(): Inflicted {
  return { globalRate: 0, endpointRate: 0, revokedKeys: 0, failing: 0, reset: 0, cut: 0, silent: 0, slow: 0, shortPages: 0, lostCursors: 0 };
}
