import type { CreatedShape } from './account/times.js';
import type { ClockOptions } from './clock/account-clock.js';
import type { Timekeeper } from './clock/timekeeper.js';
import { FaultInjector } from './faults/fault-injector.js';
import type { FaultReport } from './faults/fault-injector.js';
import type { FaultSettings } from './faults/fault-settings.js';
import type { Conditions, RequestListener } from './http/conditions.js';
import { RequestLog } from './http/request-log.js';
import type { RequestReport } from './http/request-log.js';
import { addSandboxRoutes } from './http/sandbox-routes.js';
import { buildServer } from './http/server.js';
import { tellTruth, trueCustomers, truePrices, trueSubscriptions } from './http/truth.js';
import type { Truth } from './http/truth.js';
import { AccountEvents } from './in-process/account-events.js';
import { Checkouts } from './in-process/checkouts.js';
import { Mutations } from './in-process/mutations.js';
import { Stamping } from './in-process/stamping.js';
import { PendingUpdates } from './in-process/pending-updates.js';
import { Schedules } from './in-process/schedules.js';
import { WebhookDeliveries } from './in-process/webhook-deliveries.js';
import { Load } from './load/load.js';
import type { PriceEntry } from './store/account-data.js';
import { DateStamper } from './stamping/date-stamper.js';
import { buildWorld } from './world.js';
import type { Parts } from './world.js';
import { Changes } from './write/changes.js';
import { Idempotency } from './write/idempotency.js';
import type { KeyUse } from './write/idempotency.js';

export type { Truth } from './http/truth.js';

export interface SandboxOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** How many subscriptions the generated account has. */
  subscriptions: number;
  /** The same seed, size and shape give the same account. */
  seed: string | number;
  /** What the ids of all that is made while it runs come from; the account's seed unless given. */
  idSeed?: string;
  /** When the generated subscriptions were created; `grown` by default. */
  created?: CreatedShape;
  /** The largest account that is generated in one piece, at the start; larger ones are made as they are read. */
  largestWhole?: number;
  /** Added to every answer under `/v1`, in milliseconds; 0 by default. */
  latencyMs?: number;
  /** Where the account's time begins, and whether it stands still. */
  clock?: ClockOptions;
  /** The account's default API version; the SDK's by default. */
  apiVersion?: string;
}

/** A running stand-in for Stripe. Beside the HTTP API, what tests in the same process ask it directly. */
export interface Sandbox {
  url: string;
  host: string;
  port: number;
  accountId: string;
  /** As `GET /_sandbox/store`. */
  truth(): Truth;
  /** The same one at a time: all of a large account at once takes gigabytes. */
  prices(): Iterable<PriceEntry>;
  customers(): Iterable<Truth['customers'][number]>;
  subscriptions(): Iterable<Truth['subscriptions'][number]>;
  /** Ids of the objects that show one special case, by the case's name. */
  specials: Readonly<Record<string, readonly string[]>>;
  /** As `GET /_sandbox/requests`. */
  requests(): RequestReport;
  forgetRequests(): void;
  setLatency(ms: number): void;
  /** As `PUT /_sandbox/faults`. */
  setFaults(settings: Partial<FaultSettings>): void;
  faults(): FaultReport;
  /** What happens in Stripe without a request: any status, copies, deleted customers. */
  changes: Changes;
  /** What requests would change, without HTTP. */
  mutate: Mutations;
  /** All that happened, and events that are made up. */
  events: AccountEvents;
  /** How webhooks are delivered, and what became of them. */
  deliveries: WebhookDeliveries;
  /** The account's time. */
  clock: Timekeeper;
  /** How `Date` and `created` lie. */
  stamping: Stamping;
  /** Events in numbers, as `POST /_sandbox/load` and `/_sandbox/burst`. */
  load: Load;
  /** Subscription schedules, which have no endpoints of their own here. */
  schedules: Schedules;
  /** Updates that wait for their payment. */
  pendingUpdates: PendingUpdates;
  /** Checkout sessions, completed without a browser. */
  checkouts: Checkouts;
  /** The account's default API version: of polled events from now on, and of endpoints that name none. */
  setApiVersion(version: string): void;
  /** By idempotency key: requests, replays and real mutations. As `GET /_sandbox/idempotency`. */
  idempotency(): Record<string, KeyUse>;
  /** The listener is told of each request under `/v1` before it is answered, and may hold the answer back: the place for changes between pages. */
  onRequest(listener: RequestListener): void;
  close(): Promise<void>;
}

/** Generates an account and serves it. Rejects with code `EADDRINUSE` when the port is taken. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const parts = buildWorld({ ...options, seed: String(options.seed) });
  const { world } = parts;
  const log = new RequestLog();
  const conditions: Conditions = { latencyMs: options.latencyMs ?? 0, faults: new FaultInjector(), onRequest: () => undefined };
  const dates = new DateStamper(parts.stamps);
  const idempotency = new Idempotency(world.clock);
  const controls = controlsOf(parts, dates);
  const app = buildServer({ world, log, conditions, dates, idempotency });
  addSandboxRoutes(app, { ...controls, store: world.store, journal: world.journal, log, conditions, idempotency });
  app.addHook('onClose', () => {
    parts.deliveries.close();
    parts.time.close();
    controls.load.stop();
  });
  const url = await app.listen({ host: options.host, port: options.port });
  world.checkouts.base = url;
  return {
    ...controls,
    ...conditionControls(conditions, log),
    url,
    host: options.host,
    port: Number(new URL(url).port),
    accountId: world.store.account.id,
    truth: () => tellTruth(world.store),
    prices: () => truePrices(world.store),
    customers: () => trueCustomers(world.store),
    subscriptions: () => trueSubscriptions(world.store),
    specials: world.store.specials,
    setApiVersion: (version) => {
      world.journal.apiVersion = version;
    },
    idempotency: () => idempotency.report(),
    close: () => app.close(),
  };
}

type ConditionControls = Pick<Sandbox, 'requests' | 'forgetRequests' | 'setLatency' | 'setFaults' | 'faults' | 'onRequest'>;

function conditionControls(conditions: Conditions, log: RequestLog): ConditionControls {
  return {
    requests: () => log.report(),
    forgetRequests: () => log.reset(),
    setLatency: (ms) => {
      conditions.latencyMs = ms;
    },
    setFaults: (settings) => {
      conditions.faults.put(settings);
    },
    faults: () => conditions.faults.report(),
    onRequest: (listener) => {
      conditions.onRequest = listener;
    },
  };
}

type Controls = Pick<Sandbox, 'changes' | 'mutate' | 'events' | 'deliveries' | 'stamping' | 'clock' | 'load' | 'schedules' | 'pendingUpdates' | 'checkouts'>;

/** What is steered alike from this process and over HTTP. */
function controlsOf(parts: Parts, dates: DateStamper): Controls {
  return {
    changes: new Changes(parts.world),
    mutate: new Mutations(parts.world),
    events: new AccountEvents(parts),
    deliveries: new WebhookDeliveries(parts),
    stamping: new Stamping(parts.stamps, dates),
    clock: parts.time,
    load: new Load(parts.world),
    schedules: new Schedules(parts.world),
    pendingUpdates: new PendingUpdates(parts.world),
    checkouts: new Checkouts(parts.world),
  };
}
