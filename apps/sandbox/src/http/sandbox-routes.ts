import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Store } from '../store/store.js';
import type { RequestLog } from './request-log.js';
import type { Conditions } from './server.js';
import { tellTruth } from './truth.js';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

const LATENCY_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['ms'],
  properties: { ms: { type: 'integer', minimum: 0, maximum: 60_000 } },
} as const;

/**
 * What no Stripe has: `/_sandbox` tells what was asked and what the store really holds, and sets conditions. No key is
 * needed, so it answers this machine only.
 */
export function addSandboxRoutes(app: FastifyInstance, store: Store, log: RequestLog, conditions: Conditions): void {
  void app.register((routes, _options, done) => {
    routes.addHook('onRequest', refuseStrangers);
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
    routes.get('/_sandbox/store', () => tellTruth(store));
    done();
  });
}

async function refuseStrangers(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (LOOPBACK.has(request.ip)) return;
  await reply.status(403).send({ error: { type: 'invalid_request_error', message: '/_sandbox answers loopback only.' } });
}
