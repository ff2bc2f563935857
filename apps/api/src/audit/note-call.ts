import type { FastifyRequest } from 'fastify';

import type { AuditNote } from './call-context.js';
import { redactBody } from './redact-body.js';

/** What the audit keeps of a request. */
export function noteCall(request: FastifyRequest, operationId: string): AuditNote {
  const route = request.routeOptions.url ?? '';
  const { id, userId, ...others } = membersOf(request.params);
  const body = membersOf(request.body);
  const isAboutUsers = route === '/v1/users' || route.startsWith('/v1/users/');
  const userName = isAboutUsers ? (id ?? userId ?? body['id']) : (userId ?? body['userId']);
  return {
    apiKeyId: request.apiKeyId ?? '',
    operationId,
    method: request.method,
    route,
    parameters: id === undefined || isAboutUsers ? others : { id, ...others },
    userName: userName ?? null,
    request: request.body === undefined || request.body === null ? undefined : redactBody(request.body, isAboutUsers),
    requestId: request.id,
  };
}

/** The texts among an object's members. */
function membersOf(value: unknown): Record<string, string | undefined> & Record<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
