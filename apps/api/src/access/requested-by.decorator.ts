import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Id of the API key that the request came with; undefined on public operations. */
    apiKeyId?: string;
  }
}

/** The id of the API key that asked, for the record: `apply(@RequestedBy() requestedBy: string)`. */
export const RequestedBy = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined => {
  return context.switchToHttp().getRequest<FastifyRequest>().apiKeyId;
});
