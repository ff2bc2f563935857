import type { FaultInjector } from '../faults/fault-injector.js';

/**
 * Told of each request under `/v1` before it is answered: its path pattern, its URL and its method. Where it gives a promise,
 * the answer waits for that.
 */
export type RequestListener = (pattern: string, url: string, method: string) => unknown;

/** What tests may set while the sandbox runs. */
export interface Conditions {
  /** Added to every answer under `/v1`. */
  latencyMs: number;
  readonly faults: FaultInjector;
  onRequest: RequestListener;
}
