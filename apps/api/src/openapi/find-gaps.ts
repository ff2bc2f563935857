import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
type OperationObject = NonNullable<PathItem['get']>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/**
 * What an operation of the document leaves unsaid, one sentence each: operationId, texts, tag, examples of every body,
 * the errors that any call can end in.
 */
export function findGaps(document: OpenAPIObject): string[] {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ name: `${method.toUpperCase()} ${path}`, operation }];
    }),
  );
  const ids = operations.map(({ operation }) => operation.operationId);
  const doubles = ids.filter((id, index) => id !== undefined && ids.indexOf(id) !== index);
  return [
    ...operations.flatMap(({ name, operation }) => gapsOf(operation).map((gap) => `${name}: ${gap}`)),
    ...doubles.map((id) => `operationId ${id} is used more than once`),
  ];
}

function gapsOf(operation: OperationObject): string[] {
  const texts = (['operationId', 'summary', 'description'] as const).filter((field) => (operation[field] ?? '') === '');
  return [
    ...texts.map((field) => `no ${field}`),
    ...(operation.tags?.length === 1 ? [] : ['not exactly one tag']),
    ...((operation.security ?? []).length === 0 && operation.security?.length !== 0 ? ['no scope, and not public'] : []),
    ...(hasExamples(operation.requestBody) ? [] : ['no example of the request body']),
    ...responseGaps(operation),
  ];
}

function responseGaps(operation: OperationObject): string[] {
  const responses = Object.entries(operation.responses);
  const statuses = responses.map(([status]) => status);
  const isPublic = operation.security?.length === 0;
  const expected = ['400', '500', '503', ...(isPublic ? [] : ['401', '403', '429'])];
  const hasSuccess = statuses.some((status) => status.startsWith('2'));
  return [
    ...(hasSuccess ? [] : ['no success documented']),
    ...expected.filter((status) => !statuses.includes(status)).map((status) => `error ${status} is not documented`),
    ...responses.filter(([, response]) => !hasExamples(response)).map(([status]) => `no example of answer ${status}`),
  ];
}

/** True also for what has no body at all. */
function hasExamples(described: unknown): boolean {
  const content = isRecord(described) && isRecord(described['content']) ? Object.values(described['content']) : [];
  return content.every((media) => isRecord(media) && (media['example'] !== undefined || isRecord(media['examples'])));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
