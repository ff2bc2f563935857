import { describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';

import { findGaps } from './find-gaps.js';

const body = { content: { 'application/json': { schema: {}, example: {} } } };
const answer = { description: 'x', ...body };
const complete = {
  operationId: 'doIt',
  summary: 'Do it',
  description: 'Does it.',
  tags: ['Things'],
  security: [{ apiKey: ['write'] }],
  requestBody: body,
  responses: { 200: answer, 400: answer, 401: answer, 403: answer, 429: answer, 500: answer, 503: answer },
};
const bare = { content: { 'application/json': { schema: {} } } };

function documentOf(...operations: object[]): OpenAPIObject {
  const paths = Object.fromEntries(operations.map((post, index) => [`/things/${index}`, { post }])) as OpenAPIObject['paths'];
  return { openapi: '3.1.0', info: { title: 'x', version: '1' }, paths };
}

describe('findGaps', () => {
  it('finds none in an operation that says everything', () => {
    expect(findGaps(documentOf(complete))).toEqual([]);
  });

  it('finds none in a public operation without the error for a missing key, nor in an answer without a body', () => {
    const { 401: _unauthenticated, ...responses } = complete.responses;
    expect(findGaps(documentOf({ ...complete, security: [], responses: { ...responses, 204: { description: 'Deleted.' } } }))).toEqual([]);
  });

  it.each([
    ['no operationId', { ...complete, operationId: '' }],
    ['no summary', { ...complete, summary: undefined }],
    ['no description', { ...complete, description: '' }],
    ['not exactly one tag', { ...complete, tags: [] }],
    ['no example of the request body', { ...complete, requestBody: bare }],
    ['no example of answer 200', { ...complete, responses: { ...complete.responses, 200: { description: 'x', ...bare } } }],
    ['error 401 is not documented', { ...complete, responses: { ...complete.responses, 401: undefined } }],
    ['no success documented', { ...complete, responses: { ...complete.responses, 200: undefined } }],
    ['no scope, and not public', { ...complete, security: undefined }],
    ['error 403 is not documented', { ...complete, responses: { ...complete.responses, 403: undefined } }],
  ])('finds %s', (gap, operation) => {
    expect(findGaps(JSON.parse(JSON.stringify(documentOf(operation))) as OpenAPIObject)).toEqual([`POST /things/0: ${gap}`]);
  });

  it('finds an operationId that is used twice', () => {
    expect(findGaps(documentOf(complete, complete))).toEqual(['operationId doIt is used more than once']);
  });
});
