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

/** PostgreSQL's class of errors that lie in a value: their messages repeat it. */
const DATA_EXCEPTION = /^22[0-9A-Z]{3}$/;

/**
 * What the logs keep of an error: named fields only. Errors of the database carry the rejected row as further
 * properties, and the refused value in their message, and with them personal data.
 */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!types.isNativeError(error)) {
    return { type: typeof error, message: String(error) };
  }
  const message = messageOf(error);
  return {
    type: error.constructor.name,
    ...('code' in error ? { code: String(error.code) } : {}),
    message,
    stack: error.stack?.replaceAll(error.message, () => message),
    ...(error.cause === undefined || depth >= MAXIMUM_CAUSES ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

function messageOf(error: Error): string {
  const isAboutValue = 'code' in error && DATA_EXCEPTION.test(String(error.code));
  return isAboutValue ? error.message.replace(/".*"/s, '"…"') : error.message;
}
