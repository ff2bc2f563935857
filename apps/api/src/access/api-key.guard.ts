import { ApiKeyService } from '@app/access';
import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import './requested-by.decorator.js';

import { IS_PUBLIC } from './public.decorator.js';

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** Deny by default: an operation without `@Public()` needs a key that Kana knows and has not revoked. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeyService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [context.getHandler(), context.getClass()])) {
      return true;
    }
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const known = key === undefined ? undefined : await this.keys.authenticate(key);
    if (known === undefined) {
      throw new UnauthorizedException();
    }
    request.apiKeyId = known.id;
    return true;
  }
}
