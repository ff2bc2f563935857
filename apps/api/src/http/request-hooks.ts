import { LogContext } from '@app/common';
import { MikroORM, RequestContext } from '@mikro-orm/postgresql';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { onResponseHookHandler, preHandlerHookHandler } from 'fastify';

/** What happens around every request, whatever answers it. */
export function addRequestHooks(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('X-Request-Id', request.id);
    done();
  });
  server.addHook('preHandler', requestContextOf(app));
  server.addHook('onResponse', logAnswer);
}

/**
 * Each request gets an entity manager of its own, and its id in all that it logs. Opened after the body has been read:
 * reading it leaves the asynchronous context of whatever ran before.
 */
function requestContextOf(app: NestFastifyApplication): preHandlerHookHandler {
  const orm = app.get(MikroORM);
  const logContext = app.get(LogContext);
  return (request, _reply, done) => {
    logContext.run({ requestId: request.id }, () => RequestContext.create(orm.em, done));
  };
}

const answers = new Logger('Http');

/** By the route and never by the address: addresses hold the ids that callers chose, e.g. an email. */
const logAnswer: onResponseHookHandler = (request, reply, done) => {
  const route = request.routeOptions.url ?? 'none';
  const answer = {
    requestId: request.id,
    method: request.method,
    route,
    status: reply.statusCode,
    milliseconds: Math.round(reply.elapsedTime),
    apiKeyId: request.apiKeyId,
  };
  if (request.routeOptions.url?.startsWith('/health/') === true) {
    answers.debug(answer, 'Answered');
  } else {
    answers.log(answer, 'Answered');
  }
  done();
};
