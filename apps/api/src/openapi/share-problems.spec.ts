import { describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';

import { shareProblems } from './share-problems.js';

const problem = (...codes: string[]) => ({
  description: codes.join(),
  content: {
    'application/problem+json': { schema: {}, examples: Object.fromEntries(codes.map((code) => [code, { value: { code } }])) },
  },
});

function documentOf(...responses: object[]): OpenAPIObject {
  const paths = Object.fromEntries(responses.map((each, index) => [`/${index}`, { get: { responses: each } }]));
  return { openapi: '3.1.0', info: { title: 'x', version: '1' }, paths: paths as OpenAPIObject['paths'] };
}

const shared = (code: string) => ({
  description: code,
  content: { 'application/problem+json': { schema: {}, examples: { [code]: { $ref: `#/components/examples/${code}` } } } },
});

describe('shareProblems', () => {
  it('says an answer that several operations share once, and its example once', () => {
    const document = shareProblems(documentOf({ 401: problem('unauthenticated') }, { 401: problem('unauthenticated') }));
    expect(document.paths['/0']?.get?.responses).toEqual({ 401: { $ref: '#/components/responses/unauthenticated' } });
    expect(document.paths['/1']?.get?.responses).toEqual({ 401: { $ref: '#/components/responses/unauthenticated' } });
    expect(document.components?.responses).toEqual({ unauthenticated: shared('unauthenticated') });
    expect(document.components?.examples).toEqual({ unauthenticated: { value: { code: 'unauthenticated' } } });
  });

  it('leaves an answer of one operation, and one with several codes, where they are', () => {
    const both = problem('a', 'b');
    const document = shareProblems(documentOf({ 404: problem('alone'), 409: both }, { 409: both }));
    expect(document.paths['/0']?.get?.responses['404']).toEqual(shared('alone'));
    expect(document.paths['/0']?.get?.responses['409']).toMatchObject({ description: 'a,b' });
    expect(document.components?.responses).toEqual({});
    expect(Object.keys(document.components?.examples ?? {})).toEqual(['alone', 'a', 'b']);
  });

  it('leaves successes alone', () => {
    const success = { description: 'Done.', content: { 'application/json': { schema: {}, example: 1 } } };
    expect(shareProblems(documentOf({ 200: success })).paths['/0']?.get?.responses).toEqual({ 200: success });
  });

  it('keeps the two examples of a code that stands for two statuses apart', () => {
    const inBody = { ...problem('a'), content: { 'application/problem+json': { examples: { a: { value: { status: 422 } } } } } };
    const document = shareProblems(documentOf({ 404: problem('a') }, { 422: inBody }, { 422: inBody }));
    expect(document.components?.examples).toEqual({ a: { value: { code: 'a' } }, a_422: { value: { status: 422 } } });
    expect(document.paths['/2']?.get?.responses).toEqual({ 422: { $ref: '#/components/responses/a_422' } });
  });
});
