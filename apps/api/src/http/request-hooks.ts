import { IdempotencyLedger } from '@app/access';
import { LogContext } from '@app/common';
import { MikroORM, RequestContext } from '@mikro-orm/postgresql';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { onResponseHookHandler, preHandlerHookHandler } from 'fastify';

import { keepAnswer } from '../access/keep-answer.js';
import { CallContext } from '../audit/call-context.js';

/** What happens around every request, whatever answers it. */
export function addRequestHooks(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  const logContext = app.get(LogContext);
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('X-Request-Id', request.id);
    done();
  });
  server.addHook('preHandler', openContext(logContext, app.get(CallContext, { strict: false }), app.get(MikroORM)));
  server.addHook('onSend', keepAnswer(app.get(IdempotencyLedger, { strict: false })));
  server.addHook('onResponse', logAnswer(logContext));
}

/**
 * Each request gets an entity manager of its own, its id in all that it logs, and a place for what it changes. Opened as the last thing before guards
 * and controllers, so that nothing that waits in between can lose it.
 */
function openContext(logContext: LogContext, calls: CallContext, orm: MikroORM): preHandlerHookHandler {
  return (request, _reply, done) => {
    logContext.run({ requestId: request.id }, () => calls.run(() => RequestContext.create(orm.em, done)));
  };
}

/** By the route and never by the address: addresses hold the ids that callers chose, e.g. an email. */
function logAnswer(logContext: LogContext): onResponseHookHandler {
  const logger = new Logger('Http');
  return (request, reply, done) => {
    const { method, apiKeyId } = request;
    const route = request.routeOptions.url ?? 'none';
    const answer = { method, route, status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime), apiKeyId };
    const level = isRoutine(route, reply.statusCode) ? 'debug' : 'log';
    logContext.run({ requestId: request.id }, () => logger[level](answer, 'Answered'));
    done();
  };
}

/** Probes come every few seconds, and webhooks by the thousand; an event that was taken has a row of its own. */
function isRoutine(route: string, status: number): boolean {
  return route.startsWith('/health/') || (route.startsWith('/webhooks/') && status < 300);
}
