import type { ErrorKind } from '@app/common';

/** Where in a request something is wrong: in the body (JSON pointer), or in a parameter of the path or the query. */
export interface ProblemMember {
  pointer?: string;
  parameter?: string;
  detail: string;
}

/** The body of every answer that is not a success: RFC 9457, with a stable `code` to branch on. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors: ProblemMember[];
  requestId: string;
}

/** Member names as a JSON pointer (RFC 6901). */
export function pointerOf(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

const STATUS_OF_KIND: Record<ErrorKind, number> = {
  INVALID: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  REFUSED: 422,
  UNAVAILABLE: 503,
};

/** The one place where a kind of error becomes an HTTP status. */
export function statusOfKind(kind: ErrorKind): number {
  return STATUS_OF_KIND[kind];
}

/** What is known of a failure before it is tied to a request. */
export interface Failure {
  status: number;
  code: string;
  detail: string;
  errors?: readonly ProblemMember[];
  location?: string;
  /** Further headers of the answer, e.g. `Retry-After`. */
  headers?: Readonly<Record<string, string>>;
}

/** Ties a failure to a request. The title is the code in words, so that both always say the same. */
export function toProblem(failure: Failure, requestId: string): Problem {
  return {
    type: `urn:kana:problem:${failure.code}`,
    title: titleOf(failure.code),
    status: failure.status,
    detail: failure.detail,
    code: failure.code,
    errors: [...(failure.errors ?? [])],
    requestId,
  };
}

function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
