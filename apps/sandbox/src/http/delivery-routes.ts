import type { FastifyInstance } from 'fastify';
import { DELIVERY_SCHEMA } from '../delivery/delivery-settings.js';
import type { DeliverySettings } from '../delivery/delivery-settings.js';
import type { AccountEvents, MadeUpEvent } from '../in-process/account-events.js';
import type { WebhookDeliveries } from '../in-process/webhook-deliveries.js';

const RELEASE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: { count: { type: 'integer', minimum: 1 } },
} as const;

const RESEND_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: { endpoint: { type: 'string' } },
} as const;

const ROLL_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: { overlapMs: { type: 'integer', minimum: 0 } },
} as const;

const EVENT_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['type', 'object'],
  properties: {
    type: { type: 'string', minLength: 1, maxLength: 255 },
    object: { type: 'object' },
    created: { type: 'integer', minimum: 0 },
    account: { type: 'string', minLength: 1 },
    livemode: { type: 'boolean' },
    apiVersion: { type: 'string', minLength: 1 },
  },
} as const;

/** How events are delivered, what became of them, and events that nothing in the account caused. */
export function addDeliveryRoutes(routes: FastifyInstance, deliveries: WebhookDeliveries, events: AccountEvents): void {
  routes.get('/_sandbox/deliveries', () => deliveries.report());
  routes.delete('/_sandbox/deliveries', () => {
    deliveries.forget();
    return deliveries.report();
  });
  routes.get('/_sandbox/delivery', () => deliveries.settings);
  routes.put<{ Body: Partial<DeliverySettings> }>('/_sandbox/delivery', { schema: { body: DELIVERY_SCHEMA } }, ({ body }) =>
    deliveries.put(body),
  );
  routes.delete('/_sandbox/delivery', () => deliveries.put({}));
  routes.post<{ Body: { count?: number } }>('/_sandbox/delivery/release', { schema: { body: RELEASE_SCHEMA } }, ({ body }) => {
    deliveries.release(body.count);
    return deliveries.report();
  });
  routes.post<{ Params: { id: string }; Body: { overlapMs?: number } }>(
    '/_sandbox/webhook_endpoints/:id/roll',
    { schema: { body: ROLL_SCHEMA } },
    ({ params, body }) => ({ secret: deliveries.rollSecret(params.id, body.overlapMs) }),
  );
  routes.post<{ Body: MadeUpEvent }>('/_sandbox/events', { schema: { body: EVENT_SCHEMA } }, ({ body }) => events.emit(body));
  routes.post<{ Params: { id: string }; Body: { endpoint?: string } }>(
    '/_sandbox/events/:id/resend',
    { schema: { body: RESEND_SCHEMA } },
    ({ params, body }) => ({ sentTo: events.resend(params.id, body.endpoint) }),
  );
}
