import { setTimeout as wait } from 'node:timers/promises';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { cutBody, resetConnection, stayMute } from '../faults/break-answer.js';
import type { Fate, FaultInjector } from '../faults/fault-injector.js';
import { buildError } from '../objects/error.js';
import type { Fault } from '../objects/error.js';
import { API_VERSION } from '../objects/wire.js';
import type { Store } from '../store/store.js';
import { ACCOUNT_ENDPOINTS } from './account-endpoints.js';
import { BILLING_ENDPOINTS } from './billing-endpoints.js';
import { CATALOG_ENDPOINTS } from './catalog-endpoints.js';
import type { Endpoint } from './endpoint.js';
import { planExpansion } from './expand.js';
import { ApiFault, badRequest, missing, unknownUrl } from './faults.js';
import { authenticate, demand } from './keys.js';
import type { Key } from './keys.js';
import { Parameters } from './parameters.js';
import { readQuery } from './read-query.js';
import type { Query } from './read-query.js';
import type { RequestLog } from './request-log.js';
import { View } from './view.js';

const ENDPOINTS = [...ACCOUNT_ENDPOINTS, ...CATALOG_ENDPOINTS, ...BILLING_ENDPOINTS];

/** Ids that companies choose are up to 255 characters, each up to twelve when it is encoded in a path. */
const LONGEST_ID = 255 * 12;

export type RequestListener = (pattern: string, url: string) => void;

/** What tests may set while the sandbox runs. */
export interface Conditions {
  /** Added to every answer under `/v1`. */
  latencyMs: number;
  readonly faults: FaultInjector;
  /** Told of each request under `/v1` before it is answered: its path pattern, and its URL. */
  onRequest: RequestListener;
}

/** Serves Stripe's read API over HTTP, out of one store. */
export function buildServer(store: Store, log: RequestLog, conditions: Conditions): FastifyInstance {
  const app = fastify({
    exposeHeadRoutes: false,
    // Clients keep their connections alive; closing the sandbox must not wait for them.
    forceCloseConnections: true,
    // What a schema does not know is refused, not dropped.
    ajv: { customOptions: { removeAdditional: false } },
    routerOptions: { maxParamLength: LONGEST_ID },
  });
  const stripe = new StripeServer(store, log, conditions);
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('Request-Id', stripe.nextRequestId());
    void reply.header('Stripe-Version', headerOf(request, 'stripe-version') ?? API_VERSION);
    done();
  });
  app.setErrorHandler((error, _request, reply) => stripe.fail(error, reply));
  app.setNotFoundHandler((request) => stripe.refuse(request));
  for (const endpoint of ENDPOINTS) app.get(endpoint.pattern, (request, reply) => stripe.serve(endpoint, request, reply));
  return app;
}

class StripeServer {
  private readonly view: View;
  private requests = 0;

  constructor(
    private readonly store: Store,
    private readonly log: RequestLog,
    private readonly conditions: Conditions,
  ) {
    this.view = new View(store);
  }

  nextRequestId(): string {
    this.requests += 1;
    return `req_${String(this.requests).padStart(14, '0')}`;
  }

  async serve(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): Promise<object> {
    await this.arrived(request, endpoint.pattern);
    demandVersion(headerOf(request, 'stripe-version'));
    const key = authenticate(headerOf(request, 'authorization'));
    const { faults } = this.conditions;
    faults.demandValid(key.text);
    demand(key, [endpoint.right], this.store.account.id);
    faults.admit(endpoint.pattern, performance.now());
    const fate = faults.draw(endpoint.pattern);
    const answer = (): object => this.answer(endpoint, request, key, fate);
    if (fate.spoil === undefined || fate.spoil === 'lostCursors') return answer();
    faults.count(fate.spoil);
    if (fate.spoil === 'failing') throw new ApiFault({ status: 500, type: 'api_error', message: 'An unknown error occurred.' });
    if (fate.spoil === 'cut') cutBody(reply, answer(), fate.measure);
    else if (fate.spoil === 'reset') resetConnection(reply);
    else await stayMute(reply, faults.silentMs);
    return reply;
  }

  private answer(endpoint: Endpoint, request: FastifyRequest, key: Key, fate: Fate): object {
    const accountId = this.store.account.id;
    const query = readQuery(request.url.split('?')[1] ?? '');
    if (endpoint.answers.endsWith(' list')) this.disturbList(endpoint, query, fate);
    const parameters = new Parameters(query, endpoint.parameters, endpoint.notServed);
    const expansion = planExpansion(parameters.texts('expand'), endpoint.answers);
    demand(key, expansion.rights, accountId);
    const { store, view } = this;
    return endpoint.answer({ store, view, key, parameters, id: idOf(request.params), tree: expansion.tree });
  }

  /** Shortens the page, or loses its cursor, if that is the request's fate. */
  private disturbList(endpoint: Endpoint, query: Query, { spoil, isShort, measure }: Fate): void {
    const cursor = query.get('starting_after');
    const limit = query.get('limit');
    if (spoil === 'lostCursors' && cursor?.kind === 'value') {
      this.conditions.faults.count(spoil);
      throw missing(endpoint.answers.replace(' list', ''), cursor.value, 'starting_after');
    }
    if (isShort && limit?.kind === 'value' && Number(limit.value) > 1) {
      this.conditions.faults.count('shortPages');
      query.set('limit', { kind: 'value', value: String(1 + Math.floor((measure * (Number(limit.value) - 1)) / 4)) });
    }
  }

  /** A URL that nothing answers; Stripe asks for the key first here, too. */
  async refuse(request: FastifyRequest): Promise<never> {
    await this.arrived(request, '(unknown)');
    authenticate(headerOf(request, 'authorization'));
    throw unknownUrl(request.method, request.url.split('?')[0] ?? '');
  }

  fail(error: unknown, reply: FastifyReply): FastifyReply {
    const fault = error instanceof ApiFault ? error.fault : unexpected(error);
    return reply.status(fault.status).headers(fault.headers ?? {}).send(buildError(fault, String(reply.getHeader('Request-Id'))));
  }

  private async arrived(request: FastifyRequest, pattern: string): Promise<void> {
    this.log.count(request.method, pattern, performance.timeOrigin + performance.now());
    this.conditions.onRequest(pattern, request.url);
    if (this.conditions.latencyMs > 0) await wait(this.conditions.latencyMs);
  }
}

/** Other versions have other shapes; answering them with these would hide a client that is not pinned. */
function demandVersion(version: string | undefined): void {
  if (version === undefined || version === API_VERSION) return;
  throw badRequest(`Invalid Stripe API version: ${version}. The sandbox speaks ${API_VERSION} only.`);
}

/** Fastify's own refusals keep their status. Stripe hides what broke; a stand-in for tests says it. */
function unexpected(error: unknown): Fault {
  if (error instanceof Error && 'statusCode' in error && error.statusCode === 400) {
    return { status: 400, type: 'invalid_request_error', message: error.message };
  }
  return { status: 500, type: 'api_error', message: `The sandbox failed: ${String(error)}` };
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function idOf(params: unknown): string {
  if (typeof params !== 'object' || params === null || !('id' in params)) return '';
  return typeof params.id === 'string' ? params.id : '';
}
