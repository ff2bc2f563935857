import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiBody, ApiExtension, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';

import { Rules } from '../access/operation-rules.decorator.js';
import type { DeclaredRules } from '../access/resolve-rules.js';
import { PROBLEM_MEDIA_TYPE, type ProblemMember, toProblem } from '../http/problem.js';
import { TakesBody } from '../http/unasked-body.interceptor.js';

/** Of what an operation declares, for the document: it is replaced there by what follows from it (document-rules.ts). */
export const RULES_EXTENSION = 'x-rules';
/** Likewise, of an answer that can be had as a file of comma-separated values: an example of it (document-csv.ts). */
export const CSV_EXTENSION = 'x-csv';

/** What an operation says of itself (`id`: verb and noun, camelCase, unique: `createFeature`); `npm run check` refuses an operation that leaves something out. */
export interface OperationOptions extends DeclaredRules {
  /** One line, for the list of operations. */
  summary: string;
  /** What it decides, and what a caller should know. */
  description: string;
  /** The success. Without a schema the answer has no body (204). */
  ok: SuccessOptions;
  /** Another success that the handler may choose. */
  orElse?: SuccessOptions;
  /** Codes that this operation may answer, by status: `{ 404: ['feature_not_found'] }`. The general ones are added. */
  errors?: Partial<Record<400 | 403 | 404 | 409 | 410 | 412 | 422 | 429 | 503, readonly string[]>>;
  /** An example of the request body. Give it wherever there is a body; its schema comes from `@Body({ schema })`. */
  bodyExample?: unknown;
  /** True where the body may be left out altogether. */
  isBodyOptional?: boolean;
  /** True for operations open to callers without a key. */
  isPublic?: boolean;
}

interface SuccessOptions {
  status: 200 | 201 | 202 | 204;
  description: string;
  schema?: z.ZodType;
  example?: unknown;
  /** Where the success may be a file of comma-separated values as well. */
  csvExample?: string;
  /** In place of a schema, where the answer is a stream of server-sent events: an example of them. */
  eventStream?: string;
  /** Headers of the answer with their meaning, e.g. `{ Location: 'The new feature.' }`. */
  headers?: Record<string, string>;
}

/** Documents one operation completely and sets its success status. The only Swagger decorator a controller needs. */
export function Operation(options: OperationOptions): MethodDecorator {
  const { id, scope, idempotency, answerHoldsSecret, audited } = options;
  const rules: DeclaredRules = { id, scope, idempotency, answerHoldsSecret, audited };
  return applyDecorators(
    HttpCode(options.ok.status),
    TakesBody(options.bodyExample !== undefined),
    ...(options.isPublic === true ? [] : [Rules(rules), ApiExtension(RULES_EXTENSION, rules)]),
    ApiOperation({
      operationId: options.id,
      summary: options.summary,
      description: options.description,
      ...(options.isPublic === true ? { security: [] } : {}),
    }),
    successResponse(options.ok),
    ...(options.orElse === undefined ? [] : [successResponse(options.orElse)]),
    ...(options.ok.csvExample === undefined ? [] : [ApiExtension(CSV_EXTENSION, options.ok.csvExample)]),
    ...(options.bodyExample === undefined ? [] : [requestBody(options.bodyExample, options.isBodyOptional !== true)]),
    ...Object.entries(errorsOf(options)).map(([status, codes]) => problemResponse(Number(status), codes ?? [])),
  );
}

function successResponse(ok: SuccessOptions): MethodDecorator {
  const headers = Object.fromEntries(
    Object.entries(ok.headers ?? {}).map(([name, description]) => [name, { description, schema: { type: 'string' as const } }]),
  );
  return ApiResponse({
    status: ok.status,
    description: ok.description,
    ...(ok.headers === undefined ? {} : { headers }),
    ...(ok.schema === undefined ? {} : { standardSchema: ok.schema, example: ok.example }),
    ...(ok.eventStream === undefined ? {} : { content: { 'text/event-stream': { schema: { type: 'string' as const }, example: ok.eventStream } } }),
  });
}

/** The parameter's own schema (`@Body({ schema })`) takes the place of the empty one; only the example is added. */
function requestBody(example: unknown, required: boolean): MethodDecorator {
  return ApiBody({ required, schema: {}, examples: { example: { value: example } } });
}

function errorsOf(options: OperationOptions): Record<number, readonly string[] | undefined> {
  const given: Record<number, readonly string[] | undefined> = options.errors ?? {};
  const ofBody: Record<number, readonly string[]> =
    options.bodyExample === undefined ? {} : { 413: ['body_too_large'], 415: ['media_type_unsupported'] };
  return {
    ...given,
    400: ['request_invalid', ...(given[400] ?? [])],
    ...ofBody,
    500: ['internal_error'],
    503: ['database_unavailable', ...(given[503] ?? [])],
  };
}

function problemResponse(status: number, codes: readonly string[]): MethodDecorator {
  return ApiResponse({ status, ...problemAnswer(status, codes) });
}

/** An answer that is a problem with one of these codes, as the document has it. */
export function problemAnswer(status: number, codes: readonly string[]) {
  const examples = Object.fromEntries(codes.map((code) => [code, { value: exampleProblem(status, code) }]));
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' }, examples } },
  };
}

const EXAMPLE_MEMBERS: readonly ProblemMember[] = [{ pointer: '/name', detail: 'must not be blank' }];

function exampleProblem(status: number, code: string) {
  const failure = { status, code, detail: 'A sentence that says what happened and what to do.' };
  return toProblem({ ...failure, errors: code === 'request_invalid' ? EXAMPLE_MEMBERS : [] }, '5f0c2a…');
}
