import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { RequestInvalidError } from './request-validation.pipe.js';

/** On a handler: whether its operation has a body at all. */
export const TakesBody = Reflector.createDecorator<boolean>();

/** What is sent to an operation that reads no body was meant to do something, and would be dropped in silence: 400. */
@Injectable()
export class UnaskedBodyInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  /** @throws RequestInvalidError */
  intercept(context: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
    const { body } = context.switchToHttp().getRequest<FastifyRequest>();
    if (this.reflector.get(TakesBody, context.getHandler()) === false && isFilled(body)) {
      throw new RequestInvalidError([{ pointer: '', detail: 'must be left out: this call takes no body' }]);
    }
    return next.handle();
  }
}

/** Clients that always send one send `{}` where there is nothing to say. */
function isFilled(body: unknown): boolean {
  return typeof body === 'object' ? Object.keys(body ?? {}).length > 0 : body !== undefined;
}
