import {
  type ArgumentMetadata,
  Injectable,
  StandardSchemaValidationPipe,
  type StandardSchemaValidationPipeOptions,
} from '@nestjs/common';

import { findFlaw } from './find-flaw.js';
import { pointerOf, type ProblemMember } from './problem.js';

/** The request does not have the shape that the operation documents: 400 `request_invalid`. */
export class RequestInvalidError extends Error {
  constructor(readonly errors: readonly ProblemMember[]) {
    super('The request does not have the right shape; `errors` says where.');
    this.name = 'RequestInvalidError';
  }
}

type Issues = Parameters<NonNullable<StandardSchemaValidationPipeOptions['exceptionFactory']>>[0];
type PathSegment = NonNullable<Issues[number]['path']>[number];

/**
 * Checks body, path and query against the schema that their decorator carries. Before that, strings that PostgreSQL
 * cannot store (NUL, halves of a surrogate pair) are refused wherever they stand, so that they end as a 400 and never as
 * an error of the database.
 */
@Injectable()
export class RequestValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues: Issues) => new SchemaIssues(issues) });
  }

  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    if (metadata.type === 'custom') {
      return value;
    }
    const flaw = findFlaw(value, []);
    if (flaw !== undefined) {
      throw new RequestInvalidError([memberOf(metadata, flaw.path, flaw.detail)]);
    }
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      throw error instanceof SchemaIssues ? toRequestInvalid(error.issues, metadata) : error;
    }
  }
}

/** Carries the issues out of the base class, whose factory is not told where the value came from. */
class SchemaIssues extends Error {
  constructor(readonly issues: Issues) {
    super('The value does not fit its schema.');
  }
}

function toRequestInvalid(issues: Issues, metadata: ArgumentMetadata): RequestInvalidError {
  return new RequestInvalidError(issues.flatMap((issue) => membersOf(issue, metadata)));
}

function membersOf(issue: Issues[number], metadata: ArgumentMetadata): ProblemMember[] {
  const path = (issue.path ?? []).map(keyOf);
  // zod tells of members that a closed schema does not know in one issue, at the object they stand in.
  const unknown: unknown[] = 'keys' in issue && Array.isArray(issue.keys) ? issue.keys : [];
  return unknown.length === 0
    ? [memberOf(metadata, path, sentenceOf(issue.message))]
    : unknown.map((key) => memberOf(metadata, [...path, String(key)], 'is not known here'));
}

function keyOf(segment: PathSegment): string {
  return String(typeof segment === 'object' ? segment.key : segment);
}

function memberOf(metadata: ArgumentMetadata, path: readonly string[], detail: string): ProblemMember {
  return metadata.type === 'body'
    ? { pointer: pointerOf(path), detail }
    : { parameter: metadata.data ?? path[0] ?? '', detail };
}

function sentenceOf(message: string): string {
  return message === '' ? 'is not valid' : message;
}
