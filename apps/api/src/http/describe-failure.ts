import { KanaError } from '@app/common';
import { UnreadableObjectError } from '@app/stripe';
import { HttpException } from '@nestjs/common';

import { isDatabaseAway } from './database-away.js';
import { HttpFailure } from './http-failure.js';
import { type Failure, statusOfKind } from './problem.js';
import { RequestInvalidError } from './request-validation.pipe.js';

/** Failures that Nest and Fastify find before a controller runs, by status. */
const BY_STATUS: Readonly<Record<number, Omit<Failure, 'status'>>> = {
  400: { code: 'request_malformed', detail: 'The request cannot be read: a body must be valid JSON, a URL correctly encoded.' },
  401: { code: 'unauthenticated', detail: 'Send a valid API key: `Authorization: Bearer <key>`.' },
  404: { code: 'route_not_found', detail: 'There is no such operation. The operations are listed at /docs.' },
  405: { code: 'method_not_allowed', detail: 'This address does not know this method.' },
  408: { code: 'request_timeout', detail: 'The request took too long to arrive.' },
  413: { code: 'body_too_large', detail: 'The body is larger than 1 MiB.' },
  414: { code: 'url_too_long', detail: 'The address, or a part of it, is too long.' },
  415: { code: 'media_type_unsupported', detail: 'Send the body as JSON, with `Content-Type: application/json`.' },
  431: { code: 'headers_too_large', detail: 'The headers are too large.' },
  503: { code: 'unavailable', detail: 'Kana is stopping or starting. Try again shortly.' },
};

const INTERNAL: Failure = {
  status: 500,
  code: 'internal_error',
  detail: 'Something went wrong in Kana. The logs tell more under this request id.',
};

const DATABASE_AWAY: Failure = {
  status: 503,
  code: 'database_unavailable',
  detail: 'The database cannot be reached at the moment. Try again shortly.',
};

/**
 * Says what a caller may know of any error. Whatever is not expected becomes `internal_error` without a stack, SQL or
 * the error's own message.
 */
export function describeFailure(error: unknown): Failure {
  if (error instanceof KanaError) {
    return {
      status: statusOfKind(error.kind),
      code: error.code,
      detail: error.message,
      errors: error.pointers,
      location: error.location,
    };
  }
  if (error instanceof HttpFailure) {
    return error.failure;
  }
  if (error instanceof RequestInvalidError) {
    return { status: 400, code: 'request_invalid', detail: error.message, errors: error.errors };
  }
  if (error instanceof UnreadableObjectError) {
    return { status: 503, code: error.code, detail: `Stripe has answered with what Kana cannot read: ${error.message}. The same call works again when Stripe shows something else.` };
  }
  if (isDatabaseAway(error)) {
    return DATABASE_AWAY;
  }
  const status = statusOf(error);
  const known = status === undefined ? undefined : BY_STATUS[status];
  return status === undefined || known === undefined ? INTERNAL : { status, ...known };
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) {
    return error.getStatus();
  }
  // Fastify's own errors carry the status they stand for; their code says that they are Fastify's.
  const isFastifyError =
    error instanceof Error && 'statusCode' in error && 'code' in error && String(error.code).startsWith('FST_');
  return isFastifyError && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
