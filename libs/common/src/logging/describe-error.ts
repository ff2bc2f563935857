import { types } from 'node:util';

/** An error as it stands in the logs. */
export interface LoggedError {
  type: string;
  code?: string;
  message: string;
  stack?: string;
  cause?: LoggedError;
}

const MAXIMUM_CAUSES = 5;

/**
 * What the logs keep of an error: named fields only. Errors of the database carry the rejected row as further
 * properties, and with it personal data.
 */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!types.isNativeError(error)) {
    return { type: typeof error, message: String(error) };
  }
  return {
    type: error.constructor.name,
    ...('code' in error ? { code: String(error.code) } : {}),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined || depth >= MAXIMUM_CAUSES ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
