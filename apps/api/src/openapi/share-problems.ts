import type { OpenAPIObject } from '@nestjs/swagger';

import { PROBLEM_MEDIA_TYPE } from '../http/problem.js';

type Components = NonNullable<OpenAPIObject['components']>;
type Responses = NonNullable<Components['responses']>;
type Response = Responses[string];
type Examples = NonNullable<Components['examples']>;

/** An answer that several operations may give in just the same way, e.g. 401. */
const COMMON = 2;

/**
 * Says each problem once: examples move to the components, and so do answers that are the same at several operations.
 * Without this most of the document would be the same few errors, again and again.
 */
export function shareProblems(document: OpenAPIObject): OpenAPIObject {
  const examples: Examples = {};
  const responses = responsesOf(document).map((found) => ({ ...found, shared: shareExamples(found, examples) }));
  const counts = new Map<string, number>();
  responses.forEach(({ shared }) => counts.set(keyOf(shared), (counts.get(keyOf(shared)) ?? 0) + 1));
  const common: Responses = {};
  for (const { owner, status, shared } of responses) {
    const name = nameOf(shared);
    const isCommon = name !== undefined && (counts.get(keyOf(shared)) ?? 0) >= COMMON;
    owner[status] = isCommon ? { $ref: `#/components/responses/${name}` } : shared;
    if (isCommon) {
      common[name] = shared;
    }
  }
  return { ...document, components: { ...document.components, responses: common, examples } };
}

interface Found {
  owner: Record<string, Response | undefined>;
  status: string;
  response: Response;
}

function responsesOf(document: OpenAPIObject): Found[] {
  const operations = Object.values(document.paths).flatMap((item) => [item.get, item.put, item.post, item.delete, item.patch]);
  return operations.flatMap((operation) =>
    operation === undefined
      ? []
      : Object.entries(operation.responses).flatMap(([status, response]) =>
          response === undefined ? [] : [{ owner: operation.responses, status, response }],
        ),
  );
}

/** The codes of a problem answer; none for any other answer. */
function codesOf(response: Response): Examples {
  return 'content' in response ? (response.content?.[PROBLEM_MEDIA_TYPE]?.examples ?? {}) : {};
}

/** Only an answer with one code has a name of its own: that of its example. */
function nameOf(response: Response): string | undefined {
  const [example, ...others] = Object.values(codesOf(response));
  return example !== undefined && others.length === 0 && '$ref' in example ? example.$ref.split('/').at(-1) : undefined;
}

function shareExamples({ response, status }: Found, examples: Examples): Response {
  const codes = codesOf(response);
  if (!('content' in response) || Object.keys(codes).length === 0) {
    return response;
  }
  const references: Examples = {};
  for (const [code, example] of Object.entries(codes)) {
    // A code may stand for two statuses: 404 where it is in the address, 422 where it is in the body.
    const isTaken = examples[code] !== undefined && JSON.stringify(examples[code]) !== JSON.stringify(example);
    const name = isTaken ? `${code}_${status}` : code;
    examples[name] = example;
    references[code] = { $ref: `#/components/examples/${name}` };
  }
  const media = { ...response.content?.[PROBLEM_MEDIA_TYPE], examples: references };
  return { ...response, content: { ...response.content, [PROBLEM_MEDIA_TYPE]: media } };
}

const keyOf = (response: Response): string => JSON.stringify(response);
