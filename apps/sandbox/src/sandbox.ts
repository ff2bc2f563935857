import { generateAccount } from './account/generate.js';
import { FaultInjector } from './faults/fault-injector.js';
import type { FaultReport } from './faults/fault-injector.js';
import type { FaultSettings } from './faults/fault-settings.js';
import { RequestLog } from './http/request-log.js';
import type { RequestReport } from './http/request-log.js';
import { addSandboxRoutes } from './http/sandbox-routes.js';
import { buildServer } from './http/server.js';
import type { Conditions, RequestListener } from './http/server.js';
import { tellTruth } from './http/truth.js';
import type { Truth } from './http/truth.js';
import { Changes } from './store/changes.js';
import { Store } from './store/store.js';

export type { Truth } from './http/truth.js';

export interface SandboxOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** How many subscriptions the generated account has. */
  subscriptions: number;
  /** The same seed and size give the same account. */
  seed: string | number;
  /** Added to every answer under `/v1`, in milliseconds; 0 by default. */
  latencyMs?: number;
}

/** A running stand-in for Stripe. Beside the HTTP API, what tests in the same process ask it directly. */
export interface Sandbox {
  url: string;
  host: string;
  port: number;
  accountId: string;
  /** As `GET /_sandbox/store`. */
  truth(): Truth;
  /** As `GET /_sandbox/requests`. */
  requests(): RequestReport;
  forgetRequests(): void;
  setLatency(ms: number): void;
  /** As `PUT /_sandbox/faults`. */
  setFaults(settings: Partial<FaultSettings>): void;
  faults(): FaultReport;
  /** What people change in Stripe while it is read. */
  changes: Changes;
  /** The listener is told of each request under `/v1` before it is answered: the place for changes between pages. */
  onRequest(listener: RequestListener): void;
  close(): Promise<void>;
}

/** Generates an account and serves it. Rejects with code `EADDRINUSE` when the port is taken. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const store = new Store(generateAccount({ seed: String(options.seed), subscriptions: options.subscriptions }));
  const log = new RequestLog();
  const changes = new Changes(store);
  const conditions: Conditions = { latencyMs: options.latencyMs ?? 0, faults: new FaultInjector(), onRequest: () => undefined };
  const app = buildServer(store, log, conditions);
  addSandboxRoutes(app, { store, changes, log, conditions });
  const url = await app.listen({ host: options.host, port: options.port });
  return {
    url,
    host: options.host,
    port: Number(new URL(url).port),
    accountId: store.account.id,
    truth: () => tellTruth(store),
    requests: () => log.report(),
    forgetRequests: () => log.reset(),
    setLatency: (ms) => {
      conditions.latencyMs = ms;
    },
    setFaults: (settings) => {
      conditions.faults.put(settings);
    },
    faults: () => conditions.faults.report(),
    changes,
    onRequest: (listener) => {
      conditions.onRequest = listener;
    },
    close: () => app.close(),
  };
}
