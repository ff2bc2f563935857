import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { type Clock, type Env, KanaError, useStructuredLogs } from '@app/common';
import { Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyServerOptions } from 'fastify';

import { ApiModule } from './app.module.js';
import { drainConnections } from './health/drain-connections.js';
import { sendProblem } from './http/problem.filter.js';
import { refuseUnreadable } from './http/refuse-unreadable.js';
import { addRequestHooks } from './http/request-hooks.js';
import { measureAnswers } from './metrics/http-metrics.js';
import { serveDocument } from './openapi/serve-document.js';
import { leaveRawBodies } from './webhooks/raw-body.js';

const BODY_LIMIT_BYTES = 1_048_576;
/** An id has up to 255 characters, each up to 4 bytes of UTF-8, each written as %XX. */
const MAXIMUM_PARAMETER_LENGTH = 255 * 4 * 3;
const SANE_REQUEST_ID = /^[\w.:/+=-]{1,128}$/;

/** How an api differs from the ordinary one; for tests and the document. */
export interface ApiOptions {
  clock?: Clock;
  /** Beyond the api's own. */
  modules?: readonly Type[];
  /** Only looks at the controllers: nothing is constructed, no database is needed. */
  preview?: boolean;
}

/** Builds the api, not yet listening. It closes its own connections when closed. */
export async function createApi(env: Env, options: ApiOptions = {}): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.forRoot(env, databaseUrlOf(env), options),
    newAdapter(),
    { bufferLogs: true, abortOnError: false, preview: options.preview ?? false },
  );
  if (options.preview !== true) {
    useStructuredLogs(app);
    leaveRawBodies(app);
    addRequestHooks(app);
    measureAnswers(app);
    drainConnections(app);
    serveDocument(app, env);
  }
  return app;
}

function newAdapter(): FastifyAdapter {
  const logger = new Logger('Http');
  const options: FastifyServerOptions = {
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAXIMUM_PARAMETER_LENGTH },
    requestIdHeader: false,
    // What comes in on an open connection while the server closes is answered like any other request.
    return503OnClosing: false,
    genReqId: requestIdOf,
    clientErrorHandler: refuseUnreadable,
    // These come before any hook, so they are logged here.
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply, logger);
      logger.log({ requestId: request.id, method: request.method, route: 'none', status: reply.statusCode }, 'Answered');
    },
  };
  return new FastifyAdapter(options);
}

/** The caller's own id is kept where it is sane, so that its logs and ours can be laid side by side. */
function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : randomUUID();
}

function databaseUrlOf(env: Env): string {
  if (env.databaseUrl === undefined) {
    throw new KanaError(
      'INVALID',
      'database_url_missing',
      'DATABASE_URL is missing. Start everything with `npm start`, or give the address of a PostgreSQL.',
    );
  }
  return env.databaseUrl;
}
