import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { readIdempotencyKey } from './read-idempotency-key.js';

/** The caller's `Idempotency-Key`, for operations that keep it themselves (`idempotency: 'own'`): `@IdempotencyKey() key: string`. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined => {
  return readIdempotencyKey(context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key']);
});
