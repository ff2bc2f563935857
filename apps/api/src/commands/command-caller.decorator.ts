import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { readWait } from './read-wait.js';

/** Who wants Stripe to be changed, and how long they would wait for it. */
export interface CommandCaller {
  /** The API key. */
  readonly askedBy: string;
  /** null = not at all. */
  readonly waitSeconds: number | null;
}

export const AskedBy = createParamDecorator((_: unknown, context: ExecutionContext): CommandCaller => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return { askedBy: request.apiKeyId ?? '', waitSeconds: readWait(request.headers['prefer']) };
});
