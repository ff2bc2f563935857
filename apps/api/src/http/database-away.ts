import { types } from 'node:util';

/** Network errors, and PostgreSQL's classes for "cannot serve now": starting, stopping, out of connections. */
const AWAY_CODES = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|08\w{3}|57P0[1-5]|53300)$/;

/**
 * Messages of the PostgreSQL driver for connections that broke or never came up. It gives these errors no code, so there
 * is nothing else to go by.
 */
const AWAY_MESSAGES = /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Client was closed and is not queryable|The connection is closed|Cannot use a pool after calling end)/;

const MAXIMUM_CAUSES = 5;

/** Whether an error means that the database is away for now, rather than that it refused a statement. */
export function isDatabaseAway(error: unknown): boolean {
  return chainOf(error).some((each) => AWAY_CODES.test(codeOf(each)) || AWAY_MESSAGES.test(each.message));
}

/** The error, its causes, and the members of aggregates (several addresses tried), the outermost first. */
function chainOf(error: unknown, depth = 0): Error[] {
  if (!types.isNativeError(error) || depth > MAXIMUM_CAUSES) {
    return [];
  }
  const members: unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  const previous: unknown = 'previous' in error ? error.previous : undefined;
  return [error, ...[error.cause, previous, ...members].flatMap((each) => chainOf(each, depth + 1))];
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
