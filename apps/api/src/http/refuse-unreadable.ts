import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';

import type { FastifyServerOptions } from 'fastify';

import { type Failure, PROBLEM_MEDIA_TYPE, toProblem } from './problem.js';

type ClientError = Parameters<NonNullable<FastifyServerOptions['clientErrorHandler']>>[0];

const FAILURES: Readonly<Record<string, Failure & { reason: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, reason: 'Request Header Fields Too Large', code: 'headers_too_large', detail: 'The address and the headers together are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, reason: 'Request Timeout', code: 'request_timeout', detail: 'The request took too long to arrive.' },
};
const UNREADABLE = { status: 400, reason: 'Bad Request', code: 'request_malformed', detail: 'This is no HTTP request.' };

/** Answers what is no request at all, and so never becomes one: on the bare connection, which is closed then. */
export function refuseUnreadable(error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { reason, ...failure } = FAILURES[error.code] ?? UNREADABLE;
  const requestId = randomUUID();
  const body = JSON.stringify(toProblem(failure, requestId));
  socket.end(
    `HTTP/1.1 ${failure.status} ${reason}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\nX-Request-Id: ${requestId}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
