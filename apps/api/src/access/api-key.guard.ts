import { ApiKeyService, type AuthenticatedKey, grants, type Scope } from '@app/access';
import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import './requested-by.decorator.js';

import { HttpFailure } from '../http/http-failure.js';
import { OperationCatalog } from './operation-catalog.js';
import { RequestLimits } from './request-limits.js';

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** Deny by default: an operation that is not public needs a key that lives and may do what the operation asks for. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly operations: OperationCatalog,
    private readonly keys: ApiKeyService,
    private readonly limits: RequestLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rules = this.operations.rulesOf(context.getHandler());
    if (rules === undefined) {
      return true;
    }
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    this.limits.admitAddress(request.ip);
    const key = await this.authenticate(request);
    this.limits.admitKey(key.id);
    if (!grants(key.scopes, rules.scope)) {
      throw scopeMissing(rules.scope);
    }
    request.apiKeyId = key.id;
    return true;
  }

  private async authenticate(request: FastifyRequest): Promise<AuthenticatedKey> {
    const key = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const known = key === undefined ? undefined : await this.keys.authenticate(key);
    if (known === undefined) {
      this.limits.countFailure(request.ip);
      throw new UnauthorizedException();
    }
    return known;
  }
}

function scopeMissing(scope: Scope): HttpFailure {
  const detail = `This key may not do that: it needs the scope \`${scope}\`.`;
  return new HttpFailure({ status: 403, code: 'scope_missing', detail, headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scope}"` } });
}
