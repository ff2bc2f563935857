import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Timekeeper } from '../clock/timekeeper.js';
import { CALM, FAULTS_SCHEMA, isPossible } from '../faults/fault-settings.js';
import type { FaultSettings } from '../faults/fault-settings.js';
import type { Journal } from '../events/journal.js';
import type { AccountEvents } from '../in-process/account-events.js';
import type { Checkouts } from '../in-process/checkouts.js';
import type { PendingUpdates } from '../in-process/pending-updates.js';
import type { Schedules } from '../in-process/schedules.js';
import type { Stamping } from '../in-process/stamping.js';
import type { WebhookDeliveries } from '../in-process/webhook-deliveries.js';
import type { Load } from '../load/load.js';
import { STAMPING_SCHEMA } from '../stamping/stamping-settings.js';
import type { StampingSettings } from '../stamping/stamping-settings.js';
import type { Store } from '../store/store.js';
import type { Changes, SubscriptionChange } from '../write/changes.js';
import type { Idempotency } from '../write/idempotency.js';
import type { Conditions } from './conditions.js';
import { addDeliveryRoutes } from './delivery-routes.js';
import { addCheckoutRoutes } from './checkout-pages.js';
import { badRequest, missing } from './faults.js';
import { addLoadRoutes, addPendingUpdateRoutes, addScheduleRoutes } from './load-routes.js';
import type { RequestLog } from './request-log.js';
import { firstCustomers, tellTruth, tellTruthInPieces } from './truth.js';

/** For those who want a company's first customers, however many it has. */
const MOST_CUSTOMERS = 20_000;

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

const LATENCY_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['ms'],
  properties: { ms: { type: 'integer', minimum: 0, maximum: 60_000 } },
} as const;

const ACCOUNT_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['apiVersion'],
  properties: { apiVersion: { type: 'string', pattern: String.raw`^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$` } },
} as const;

const CHANGE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: { status: { type: 'string', minLength: 1, maxLength: 100 }, quantity: { type: 'integer', minimum: 0 } },
} as const;

const COPY_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['copyOf'],
  properties: { copyOf: { type: 'string' } },
} as const;

interface ClockMove {
  isFrozen?: boolean;
  nowMs?: number;
  advanceMs?: number;
}

const LAST_MS = Date.UTC(2200, 0, 1);

const CLOCK_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    isFrozen: { type: 'boolean' },
    nowMs: { type: 'integer', minimum: 0, maximum: LAST_MS },
    advanceMs: { type: 'integer', minimum: 0, maximum: LAST_MS },
  },
} as const;

export interface SandboxParts {
  store: Store;
  deliveries: WebhookDeliveries;
  events: AccountEvents;
  stamping: Stamping;
  clock: Timekeeper;
  load: Load;
  schedules: Schedules;
  pendingUpdates: PendingUpdates;
  checkouts: Checkouts;
  journal: Journal;
  changes: Changes;
  log: RequestLog;
  conditions: Conditions;
  idempotency: Idempotency;
}

/**
 * What no Stripe has: `/_sandbox` tells what was asked and what the store really holds, and sets conditions. No key is
 * needed, so it answers this machine only.
 */
export function addSandboxRoutes(app: FastifyInstance, sandbox: SandboxParts): void {
  const { store, changes, log, conditions, idempotency, deliveries, events, stamping, clock, load, schedules, pendingUpdates, checkouts, journal } = sandbox;
  void app.register((routes, _options, done) => {
    routes.addHook('onRequest', refuseStrangers);
    // What has nothing that must be said is asked with no body, too.
    routes.addHook('preValidation', async (request) => {
      request.body ??= {};
    });
    routes.get('/_sandbox/requests', () => log.report());
    routes.delete('/_sandbox/requests', () => {
      log.reset();
      return log.report();
    });
    routes.get('/_sandbox/latency', () => ({ ms: conditions.latencyMs }));
    routes.put<{ Body: { ms: number } }>('/_sandbox/latency', { schema: { body: LATENCY_SCHEMA } }, (request) => {
      conditions.latencyMs = request.body.ms;
      return { ms: conditions.latencyMs };
    });
    routes.get('/_sandbox/store', (_request, reply) =>
      store.isLarge ? reply.type('application/json; charset=utf-8').send(Readable.from(tellTruthInPieces(store))) : tellTruth(store),
    );
    routes.get('/_sandbox/customers', () => ({ customers: firstCustomers(store, MOST_CUSTOMERS) }));
    routes.get('/_sandbox/idempotency', () => idempotency.report());
    addFaultRoutes(routes, conditions);
    addChangeRoutes(routes, changes);
    addClockRoutes(routes, clock);
    addStampingRoutes(routes, stamping);
    addLoadRoutes(routes, load);
    addScheduleRoutes(routes, schedules);
    addPendingUpdateRoutes(routes, pendingUpdates);
    addCheckoutRoutes(routes, checkouts);
    routes.put<{ Body: { apiVersion: string } }>('/_sandbox/account', { schema: { body: ACCOUNT_SCHEMA } }, ({ body }) => {
      journal.apiVersion = body.apiVersion;
      return body;
    });
    addDeliveryRoutes(routes, deliveries, events);
    done();
  });
}

/** What goes wrong (`FaultSettings`), and what did so far. Each PUT and DELETE begins anew. */
function addFaultRoutes(routes: FastifyInstance, { faults }: Conditions): void {
  routes.get('/_sandbox/faults', () => faults.report());
  routes.put<{ Body: Partial<FaultSettings> }>('/_sandbox/faults', { schema: { body: FAULTS_SCHEMA } }, ({ body }) => {
    if (!isPossible({ ...CALM, ...body })) throw badRequest('The shares come to more than 1 together.');
    return faults.put(body);
  });
  routes.delete('/_sandbox/faults', () => faults.put({}));
}

/** The account's time: moved on by so much or to an instant, stopped, let run. */
function addClockRoutes(routes: FastifyInstance, clock: Timekeeper): void {
  routes.get('/_sandbox/clock', () => clock.report());
  routes.put<{ Body: ClockMove }>('/_sandbox/clock', { schema: { body: CLOCK_SCHEMA } }, ({ body }) => {
    if (body.isFrozen === true) clock.freeze();
    if (body.isFrozen === false) clock.run();
    if (body.nowMs !== undefined) clock.moveTo(body.nowMs);
    return body.advanceMs === undefined ? clock.report() : clock.advance(body.advanceMs);
  });
}

/** How Stripe's stamps lie (`StampingSettings`). */
function addStampingRoutes(routes: FastifyInstance, stamping: Stamping): void {
  routes.get('/_sandbox/stamping', () => stamping.settings);
  routes.put<{ Body: Partial<StampingSettings> }>('/_sandbox/stamping', { schema: { body: STAMPING_SCHEMA } }, ({ body }) => stamping.put(body));
  routes.delete('/_sandbox/stamping', () => stamping.put({}));
}

/** What people change in Stripe while it is read. */
function addChangeRoutes(routes: FastifyInstance, changes: Changes): void {
  routes.post<{ Body: { copyOf: string } }>('/_sandbox/subscriptions', { schema: { body: COPY_SCHEMA } }, ({ body }) => {
    const id = changes.copySubscription(body.copyOf);
    if (id === undefined) throw missing('subscription', body.copyOf, 'copyOf');
    return { id };
  });
  routes.put<{ Params: { id: string }; Body: SubscriptionChange }>(
    '/_sandbox/subscriptions/:id',
    { schema: { body: CHANGE_SCHEMA } },
    ({ params, body }) => {
      if (!changes.changeSubscription(params.id, body)) throw missing('subscription', params.id, 'id');
      return { id: params.id };
    },
  );
  routes.delete<{ Params: { id: string } }>('/_sandbox/customers/:id', ({ params }) => {
    if (!changes.deleteCustomer(params.id)) throw missing('customer', params.id, 'id');
    return { id: params.id };
  });
}

async function refuseStrangers(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (LOOPBACK.has(request.ip)) return;
  await reply.status(403).send({ error: { type: 'invalid_request_error', message: '/_sandbox answers loopback only.' } });
}
