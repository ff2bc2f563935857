import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { Fate } from '../faults/fault-injector.js';
import { API_VERSION } from '../objects/wire.js';
import type { Conditions } from './conditions.js';
import { badRequest } from './faults.js';
import { authenticate, demand } from './keys.js';
import type { Access, Key, Right } from './keys.js';
import type { RequestLog } from './request-log.js';

/** What a request wants to do, as far as it must be let in for it. */
interface Wish {
  method: string;
  pattern: string;
  right: Right;
  access: Access;
}

export interface Admission {
  key: Key;
  fate: Fate;
}

/** Lets requests in, in Stripe's order: version, key, right, rate. Whatever becomes of them, they are counted. */
export class Gate {
  constructor(
    private readonly log: RequestLog,
    private readonly conditions: Conditions,
    private readonly accountId: string,
  ) {}

  async enter(request: FastifyRequest, wish: Wish): Promise<Admission> {
    await this.arrived(request, wish.pattern);
    demandVersion(headerOf(request, 'stripe-version'));
    const key = authenticate(headerOf(request, 'authorization'));
    const { faults } = this.conditions;
    faults.demandValid(key.text);
    demand(key, [wish.right], this.accountId, wish.access);
    // Stripe limits each endpoint by itself, and another method is another endpoint.
    const endpoint = wish.method === 'GET' ? wish.pattern : `${wish.method} ${wish.pattern}`;
    faults.admit(endpoint, performance.now());
    return { key, fate: faults.draw(endpoint) };
  }

  async arrived(request: FastifyRequest, pattern: string): Promise<void> {
    this.log.count(request.method, pattern, performance.timeOrigin + performance.now());
    const held = this.conditions.onRequest(pattern, request.url, request.method);
    if (held instanceof Promise) await held;
    if (this.conditions.latencyMs > 0) await wait(this.conditions.latencyMs);
  }
}

/** Other versions have other shapes; answering them with these would hide a client that is not pinned. */
function demandVersion(version: string | undefined): void {
  if (version === undefined || version === API_VERSION) return;
  throw badRequest(`Invalid Stripe API version: ${version}. The sandbox speaks ${API_VERSION} only.`);
}

export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The `:id` of the path, decoded; empty where the path has none. */
export function idOf(params: unknown): string {
  if (typeof params !== 'object' || params === null || !('id' in params)) return '';
  return typeof params.id === 'string' ? params.id : '';
}
