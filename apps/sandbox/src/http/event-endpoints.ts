import { showEndpoint } from '../delivery/endpoint-record.js';
import type { EventRecord } from '../events/event-record.js';
import { tellEvent } from '../events/render-event.js';
import { answerList, paging } from './endpoint.js';
import type { Asked, Endpoint } from './endpoint.js';
import { badRequest, missing } from './faults.js';
import { LIST_PARAMETERS } from './parameters.js';
import type { Parameters } from './parameters.js';

const MOST_TYPES = 20;

/** Of the last 30 days, each in the version that was the account's when it was made. */
function listEvents({ world, view, parameters }: Asked): object {
  const { created, ...rest } = paging(parameters);
  const { cursor } = rest;
  if (cursor && !world.journal.get(cursor.id)) throw missing('event', cursor.id, cursor.side === 'after' ? 'starting_after' : 'ending_before');
  const from = Math.max(created.from, world.journal.oldest());
  return answerList(
    world.journal.events,
    { ...rest, created: { from, to: created.to }, scope: 'listed', keep: eventFilter(parameters) },
    { url: '/v1/events', noun: 'event', render: (event) => tellEvent(event, event.apiVersion, view) },
  );
}

function eventFilter(parameters: Parameters): (event: EventRecord) => boolean {
  const type = parameters.text('type');
  const types = parameters.texts('types');
  const hasArrived = parameters.flag('delivery_success');
  if (type !== undefined && types.length > 0) {
    const message = 'You may only specify one of these parameters: type, types.';
    throw badRequest(message, { code: 'parameters_exclusive' });
  }
  if (types.length > MOST_TYPES) throw badRequest(`Array must have at most ${MOST_TYPES} elements.`, { param: 'types' });
  const isOfType = type === undefined ? () => true : matcher(type);
  return (event) =>
    isOfType(event.type) &&
    (types.length === 0 || types.includes(event.type)) &&
    (hasArrived === undefined || hasArrived === (event.deliveries.pending + event.deliveries.failed === 0));
}

/** `customer.*` is any type that begins so; `*` stands for anything. */
function matcher(pattern: string): (type: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll('.', String.raw`\.`));
  const expression = new RegExp(`^${parts.join('.*')}$`);
  return (type) => expression.test(type);
}

function retrieveEvent({ world, view, id }: Asked): object {
  const event = world.journal.get(id);
  if (!event) throw missing('event', id, 'id');
  return tellEvent(event, event.apiVersion, view);
}

function listWebhooks({ world, parameters }: Asked): object {
  return answerList(
    world.endpoints.endpoints,
    { ...paging(parameters), scope: 'all' },
    { url: '/v1/webhook_endpoints', noun: 'webhook_endpoint', render: (endpoint) => showEndpoint(endpoint) },
  );
}

function retrieveWebhook({ world, id }: Asked): object {
  const endpoint = world.endpoints.get(id);
  if (!endpoint) throw missing('webhook endpoint', id, 'id');
  return showEndpoint(endpoint);
}

export const EVENT_ENDPOINTS: Endpoint[] = [
  {
    pattern: '/v1/events',
    right: 'events',
    answers: 'event list',
    parameters: [...LIST_PARAMETERS, 'delivery_success', 'type', 'types'],
    answer: listEvents,
  },
  { pattern: '/v1/events/:id', right: 'events', answers: 'event', parameters: ['expand'], answer: retrieveEvent },
  {
    pattern: '/v1/webhook_endpoints',
    right: 'webhook_endpoints',
    answers: 'webhook_endpoint list',
    parameters: LIST_PARAMETERS,
    answer: listWebhooks,
  },
  {
    pattern: '/v1/webhook_endpoints/:id',
    right: 'webhook_endpoints',
    answers: 'webhook_endpoint',
    parameters: ['expand'],
    answer: retrieveWebhook,
  },
];
