import type { FastifyInstance } from 'fastify';
import { PENDING_TURNS } from '../in-process/pending-updates.js';
import type { PendingTurn, PendingUpdates } from '../in-process/pending-updates.js';
import { SCHEDULE_TURNS } from '../in-process/schedules.js';
import type { ScheduleTurn, Schedules } from '../in-process/schedules.js';
import type { Load } from '../load/load.js';

const SEED = { type: 'string', maxLength: 100 } as const;

const LOAD_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['eventsPerSecond', 'seconds'],
  properties: {
    eventsPerSecond: { type: 'number', exclusiveMinimum: 0, maximum: 10_000 },
    seconds: { type: 'number', exclusiveMinimum: 0, maximum: 86_400 },
    seed: SEED,
  },
} as const;

const BURST_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['events'],
  properties: { events: { type: 'integer', minimum: 1, maximum: 200_000 }, seed: SEED },
} as const;

const SCHEDULE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['subscription'],
  properties: { subscription: { type: 'string' } },
} as const;

const TURN_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['turn'],
  properties: { turn: { enum: SCHEDULE_TURNS } },
} as const;

const PENDING_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  oneOf: [{ required: ['quantity'] }, { required: ['turn'] }],
  properties: { quantity: { type: 'integer', minimum: 0 }, turn: { enum: PENDING_TURNS } },
} as const;

interface LoadWish {
  eventsPerSecond: number;
  seconds: number;
  seed?: string;
}

/** Events in numbers. */
export function addLoadRoutes(routes: FastifyInstance, load: Load): void {
  routes.get('/_sandbox/load', () => load.report());
  routes.post<{ Body: LoadWish }>('/_sandbox/load', { schema: { body: LOAD_SCHEMA } }, ({ body }) =>
    load.start(body.eventsPerSecond, body.seconds, body.seed),
  );
  routes.delete('/_sandbox/load', () => load.stop());
  routes.post<{ Body: { events: number; seed?: string } }>('/_sandbox/burst', { schema: { body: BURST_SCHEMA } }, ({ body }) =>
    load.burst(body.events, body.seed),
  );
}

/** Schedules, which manage subscriptions. */
export function addScheduleRoutes(routes: FastifyInstance, schedules: Schedules): void {
  routes.post<{ Body: { subscription: string } }>('/_sandbox/schedules', { schema: { body: SCHEDULE_SCHEMA } }, ({ body }) =>
    schedules.attach(body.subscription),
  );
  routes.post<{ Params: { id: string }; Body: { turn: ScheduleTurn } }>(
    '/_sandbox/schedules/:id',
    { schema: { body: TURN_SCHEMA } },
    ({ params, body }) => schedules.turn(params.id, body.turn),
  );
}

/** Updates that wait for their payment: begun with the wanted quantity, ended by a turn. */
export function addPendingUpdateRoutes(routes: FastifyInstance, pendingUpdates: PendingUpdates): void {
  routes.post<{ Params: { id: string }; Body: { quantity: number } | { turn: PendingTurn } }>(
    '/_sandbox/subscriptions/:id/pending_update',
    { schema: { body: PENDING_SCHEMA } },
    ({ params, body }) => {
      if ('turn' in body) pendingUpdates.turn(params.id, body.turn);
      else pendingUpdates.begin(params.id, body.quantity);
      return { id: params.id };
    },
  );
}
