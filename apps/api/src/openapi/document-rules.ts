import type { OpenAPIObject } from '@nestjs/swagger';

import { type DeclaredRules, type OperationRules, resolveRules } from '../access/resolve-rules.js';
import { PROBLEM_MEDIA_TYPE } from '../http/problem.js';
import { problemAnswer, RULES_EXTENSION } from './operation.decorator.js';

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Answer = OperationObject['responses'][string];

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

const IDEMPOTENCY_ERRORS: Readonly<Record<number, readonly string[]>> = {
  400: ['idempotency_key_invalid'],
  409: ['idempotency_in_flight', 'idempotency_answer_lost'],
  422: ['idempotency_key_reused'],
  503: ['secret_unreadable'],
};

/**
 * Says of each operation what follows from its rules and its method: the scope, the answers that the guard gives, the
 * idempotency key with its errors.
 */
export function documentRules(document: OpenAPIObject): OpenAPIObject {
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      const declared = operation === undefined ? undefined : declaredBy(operation);
      if (operation !== undefined && declared !== undefined) {
        describe(operation, resolveRules(method.toUpperCase(), declared));
      }
    }
  }
  return document;
}

/** Takes the declaration out of the operation: it is no part of the document. */
function declaredBy(operation: OperationObject): DeclaredRules | undefined {
  const declared: unknown = Reflect.get(operation, RULES_EXTENSION);
  Reflect.deleteProperty(operation, RULES_EXTENSION);
  return isDeclared(declared) ? declared : undefined;
}

function isDeclared(value: unknown): value is DeclaredRules {
  return typeof value === 'object' && value !== null && 'id' in value;
}

function describe(operation: OperationObject, rules: OperationRules): void {
  operation.security = [{ apiKey: [rules.scope] }];
  addCodes(operation, { 401: ['unauthenticated'], 403: ['scope_missing'], 429: ['rate_limited'] });
  if (rules.idempotency === 'none') {
    return;
  }
  const required = rules.idempotency !== 'accepted';
  operation.parameters = [...(operation.parameters ?? []), parameterOf(required)];
  addCodes(operation, required ? { 400: ['idempotency_key_required', 'idempotency_key_invalid'] } : { 400: ['idempotency_key_invalid'] });
  if (rules.idempotency !== 'own') {
    addCodes(operation, IDEMPOTENCY_ERRORS);
  }
  if (rules.answerHoldsSecret) {
    addCodes(operation, { 409: ['idempotency_answer_withheld'] });
  }
}

function parameterOf(required: boolean) {
  const description = 'Names this call, e.g. a UUID. Sent again within 24 hours, the first answer is given again (with `Idempotent-Replayed: true`) and nothing is done twice.';
  return { name: 'Idempotency-Key', in: 'header' as const, required, description, schema: { type: 'string' as const, minLength: 1, maxLength: 255 } };
}

function addCodes({ responses }: OperationObject, codes: Readonly<Record<number, readonly string[]>>): void {
  for (const [status, added] of Object.entries(codes)) {
    const present = codesOf(responses[status]);
    responses[status] = problemAnswer(Number(status), [...new Set([...present, ...added])]);
  }
}

function codesOf(answer: Answer | undefined): string[] {
  return answer !== undefined && 'content' in answer ? Object.keys(answer.content?.[PROBLEM_MEDIA_TYPE]?.examples ?? {}) : [];
}
