import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { describeFailure } from './describe-failure.js';
import { ReplayedAnswer, sendAgain } from './replayed-answer.js';
import { PROBLEM_MEDIA_TYPE, toProblem } from './problem.js';

/** Turns every error into a problem document; the only place that answers with one. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), this.logger);
  }
}

/** Also for the errors that Fastify finds before any filter exists, e.g. an address that cannot be decoded. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  if (reply.sent) {
    return;
  }
  if (error instanceof ReplayedAnswer) {
    sendAgain(error, reply);
    return;
  }
  const failure = describeFailure(error);
  if (failure.status >= 500) {
    logger.error({ err: error, code: failure.code }, 'A request failed');
  }
  if (failure.status === 401) {
    void reply.header('WWW-Authenticate', 'Bearer');
  }
  if (failure.location !== undefined) {
    void reply.header('Location', failure.location);
  }
  void reply.headers({ ...failure.headers });
  void reply
    .status(failure.status)
    .header('Content-Type', PROBLEM_MEDIA_TYPE)
    .header('X-Request-Id', request.id)
    .serializer(JSON.stringify)
    .send(toProblem(failure, request.id));
}
