import { KanaError } from '@app/common';
import { Injectable, type OnModuleInit, RequestMethod } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';

import { DECLARED_RULES } from './operation-rules.decorator.js';
import { IS_PUBLIC } from './public.decorator.js';
import { type DeclaredRules, type OperationRules, resolveRules } from './resolve-rules.js';

type Handler = (...parameters: never[]) => unknown;

/**
 * Knows what each operation asks of a call. Deny by default: an operation that neither declares its rules nor is public
 * keeps the api from starting.
 */
@Injectable()
export class OperationCatalog implements OnModuleInit {
  private readonly rules = new Map<unknown, OperationRules>();
  private readonly open = new Set<unknown>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const unruled = this.discovery.getControllers().flatMap(({ instance, metatype }) => {
      const owner: unknown = instance;
      const prototype: unknown = typeof owner === 'object' && owner !== null ? Object.getPrototypeOf(owner) : undefined;
      return typeof prototype === 'object' && prototype !== null ? this.readController(prototype, metatype) : [];
    });
    if (unruled.length > 0) {
      throw new KanaError('INVALID', 'operation_without_scope', `Operations without a scope: ${unruled.join(', ')}. Give each @Operation or @Public.`);
    }
  }

  /** Undefined for public operations. @throws KanaError for a handler that was not there at the start */
  rulesOf(handler: unknown): OperationRules | undefined {
    const rules = this.rules.get(handler);
    if (rules === undefined && !this.open.has(handler)) {
      throw new KanaError('INVALID', 'operation_without_scope', 'This operation has no scope.');
    }
    return rules;
  }

  private readController(prototype: object, metatype: unknown): string[] {
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler: unknown = Reflect.get(prototype, name);
      const method = isHandler(handler) ? this.reflector.get<RequestMethod | undefined>('method', handler) : undefined;
      return isHandler(handler) && method !== undefined ? this.readHandler(handler, method, `${nameOf(metatype)}.${name}`, metatype) : [];
    });
  }

  private readHandler(handler: Handler, method: RequestMethod, name: string, metatype: unknown): string[] {
    const targets = isHandler(metatype) ? [handler, metatype] : [handler];
    if (this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, targets) === true) {
      this.open.add(handler);
      return [];
    }
    const declared = this.reflector.get<DeclaredRules | undefined>(DECLARED_RULES, handler);
    if (declared === undefined) {
      return [name];
    }
    this.rules.set(handler, resolveRules(RequestMethod[method] ?? 'ALL', declared));
    return [];
  }
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function nameOf(metatype: unknown): string {
  return isHandler(metatype) ? metatype.name : 'a controller';
}
