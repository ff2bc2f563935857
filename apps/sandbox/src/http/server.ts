import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { buildError } from '../objects/error.js';
import type { Fault } from '../objects/error.js';
import { API_VERSION } from '../objects/wire.js';
import type { DateStamper } from '../stamping/date-stamper.js';
import type { World } from '../write/act.js';
import { CHANGING_ENDPOINTS } from '../write/changing-endpoints.js';
import type { Idempotency } from '../write/idempotency.js';
import { ACCOUNT_ENDPOINTS } from './account-endpoints.js';
import { BILLING_ENDPOINTS } from './billing-endpoints.js';
import { CATALOG_ENDPOINTS } from './catalog-endpoints.js';
import { CHECKOUT_ENDPOINTS } from './checkout-endpoints.js';
import { addCheckoutPages } from './checkout-pages.js';
import { ChangingServer } from './changing-server.js';
import type { Conditions } from './conditions.js';
import { EVENT_ENDPOINTS } from './event-endpoints.js';
import { ApiFault, unknownUrl } from './faults.js';
import { Gate, headerOf } from './gate.js';
import { authenticate } from './keys.js';
import { ReadingServer } from './reading-server.js';
import { INVOICE_ENDPOINTS } from './invoice-endpoints.js';
import type { RequestLog } from './request-log.js';
import { TEST_CLOCK_ENDPOINTS } from './test-clock-endpoints.js';

const READING_ENDPOINTS = [
  ...ACCOUNT_ENDPOINTS, ...CATALOG_ENDPOINTS, ...BILLING_ENDPOINTS, ...CHECKOUT_ENDPOINTS, ...EVENT_ENDPOINTS, ...INVOICE_ENDPOINTS,
  ...TEST_CLOCK_ENDPOINTS,
];

/** Ids that companies choose are up to 255 characters, each up to twelve when it is encoded in a path. */
const LONGEST_ID = 255 * 12;

export interface ServerParts {
  world: World;
  log: RequestLog;
  conditions: Conditions;
  dates: DateStamper;
  idempotency: Idempotency;
}

/** Serves Stripe's API over HTTP, out of one account. */
export function buildServer(parts: ServerParts): FastifyInstance {
  const { world, log, conditions, dates, idempotency } = parts;
  const app = fastify({
    exposeHeadRoutes: false,
    // Clients keep their connections alive; closing the sandbox must not wait for them.
    forceCloseConnections: true,
    // What a schema does not know is refused, not dropped.
    ajv: { customOptions: { removeAdditional: false } },
    routerOptions: { maxParamLength: LONGEST_ID },
  });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  markAnswers(app, dates);
  const gate = new Gate(log, conditions, world.store.account.id);
  app.setErrorHandler((error, _request, reply) => fail(error, reply));
  app.setNotFoundHandler(async (request) => refuse(gate, request));
  const reading = new ReadingServer(world, gate, conditions, dates);
  for (const endpoint of READING_ENDPOINTS) app.get(endpoint.pattern, (request, reply) => reading.serve(endpoint, request, reply));
  const changing = new ChangingServer(world, gate, conditions, dates, idempotency);
  for (const endpoint of Object.values(CHANGING_ENDPOINTS)) {
    const { method, pattern: url } = endpoint;
    app.route({ method, url, handler: (request, reply) => changing.serve(endpoint, request, reply) });
  }
  addCheckoutPages(app, world);
  return app;
}

/** Every answer has an id, a version and a date of the account's own, errors too. */
function markAnswers(app: FastifyInstance, dates: DateStamper): void {
  let requests = 0;
  app.addHook('onRequest', (request, reply, done) => {
    requests += 1;
    void reply.header('Request-Id', `req_${String(requests).padStart(14, '0')}`);
    void reply.header('Stripe-Version', headerOf(request, 'stripe-version') ?? API_VERSION);
    dates.stamp(reply);
    done();
  });
}

/** A URL that nothing answers; Stripe asks for the key first here, too. */
async function refuse(gate: Gate, request: FastifyRequest): Promise<never> {
  await gate.arrived(request, '(unknown)');
  authenticate(headerOf(request, 'authorization'));
  throw unknownUrl(request.method, request.url.split('?')[0] ?? '');
}

function fail(error: unknown, reply: FastifyReply): FastifyReply {
  const fault = error instanceof ApiFault ? error.fault : unexpected(error);
  return reply.status(fault.status).headers(fault.headers ?? {}).send(buildError(fault, String(reply.getHeader('Request-Id'))));
}

/** Fastify's own refusals keep their status. Stripe hides what broke; a stand-in for tests says it. */
function unexpected(error: unknown): Fault {
  if (error instanceof Error && 'statusCode' in error && error.statusCode === 400) {
    return { status: 400, type: 'invalid_request_error', message: error.message };
  }
  return { status: 500, type: 'api_error', message: `The sandbox failed: ${String(error)}` };
}
