import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startTestApi, type TestApi } from '../support/api.js';

interface Operation {
  operationId: string;
  security?: unknown[];
}

/** Every operation that is open to callers without a key. A longer list is a decision, so it is written here, too. */
const PUBLIC = ['GET /health/live'];

let api: TestApi;
let operations: { name: string; method: string; path: string; isPublic: boolean }[];

beforeAll(async () => {
  api = await startTestApi();
  const { body } = await api.get<{ paths: Record<string, Record<string, Operation>> }>('/openapi.json');
  operations = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([key, operation]) => {
      const method = key.toUpperCase();
      return { name: `${method} ${path}`, method, path: path.replaceAll(/\{\w+\}/g, 'x'), isPublic: operation.security?.length === 0 };
    }),
  );
});
afterAll(() => api.close());

describe('every operation of the document', () => {
  it('needs a key, save those listed here', () => {
    expect(operations.filter(({ isPublic }) => isPublic).map(({ name }) => name)).toEqual(PUBLIC);
  });

  it.each([
    ['no key', undefined],
    ['a key that nobody made', `Bearer kana_test_${'f'.repeat(64)}`],
    ['an ill-formed header', 'Bearer'],
  ])('answers 401 to %s', async (_name, authorization) => {
    const open: string[] = [];
    for (const { name, method, path, isPublic } of operations) {
      const response = await fetch(`${api.url}${path}`, { method, headers: authorization === undefined ? {} : { authorization } });
      if (!isPublic && response.status !== 401) {
        open.push(`${name}: ${response.status}`);
      }
    }
    expect(open).toEqual([]);
    expect(operations.length).toBeGreaterThan(PUBLIC.length);
  });
});
