import type { TestApi } from './api.js';

/** One operation, as the OpenAPI document tells of it. */
export interface DocumentedOperation {
  readonly id: string;
  readonly method: string;
  /** With `{parameters}`. */
  readonly path: string;
  /** Null for public operations. */
  readonly scope: string | null;
  readonly requiresIdempotencyKey: boolean;
  readonly example: unknown;
  /** Names of the query's parameters. */
  readonly queries: readonly string[];
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
}

interface OperationObject {
  operationId: string;
  security?: { apiKey?: string[] }[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> };
}

/** Every operation that a running api documents. */
export async function readOperations(api: TestApi): Promise<DocumentedOperation[]> {
  const { body } = await api.get<{ paths: Record<string, Record<string, OperationObject>> }>('/openapi.json');
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security, parameters = [], requestBody }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
      scope: security?.[0]?.apiKey?.[0] ?? null,
      requiresIdempotencyKey: parameters.some(({ name, required }) => name === 'Idempotency-Key' && required === true),
      example: Object.values(requestBody?.content['application/json']?.examples ?? {})[0]?.value,
      queries: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
    })),
  );
}

/** The codes that an operation says it may answer with this status. */
export async function documentedCodes(api: TestApi, operationId: string, status: number): Promise<string[]> {
  const { body } = await api.get<{ paths: Record<string, Record<string, { operationId: string; responses: Record<string, { description?: string }> }>> }>('/openapi.json');
  const operation = Object.values(body.paths).flatMap((methods) => Object.values(methods)).find((each) => each.operationId === operationId);
  return [...(operation?.responses[status]?.description ?? '').matchAll(/`(\w+)`/g)].map(([, code = '']) => code);
}

/** Whether a call to it is to leave an audit entry and to take an idempotency key. */
export function isChanging({ method, scope }: DocumentedOperation): boolean {
  return method !== 'GET' && scope !== null && scope !== 'read';
}
