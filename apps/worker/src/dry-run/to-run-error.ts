import { KanaError, sqlState } from '@app/common';
import type { RunError } from '@app/sync';

/** PostgreSQL's code for a right that is missing. */
const NO_RIGHT = '42501';

/** The import of the copy stopped without an end, good or bad. */
export const UNFINISHED: RunError = {
  code: 'dry_run_unfinished',
  detail: 'The dry run came to no end; the worker’s log may say why. Nothing was changed. Start another one.',
  stripeRequestId: null,
};
export const FAILED_INSIDE: RunError = {
  code: 'dry_run_failed',
  detail: 'The dry run failed inside Kana; the worker’s log says why. Nothing was changed. Start another one.',
  stripeRequestId: null,
};
const FORBIDDEN: RunError = {
  code: 'dry_run_forbidden',
  detail: 'Kana’s role in PostgreSQL may not make a schema, which a dry run works in. Grant it: GRANT CREATE ON DATABASE … TO …',
  stripeRequestId: null,
};

/** What is told of a dry run that could not be made. */
export function toRunError(error: unknown): RunError {
  if (error instanceof KanaError) {
    return { code: error.code, detail: error.message, stripeRequestId: null };
  }
  return sqlState(error) === NO_RIGHT ? FORBIDDEN : FAILED_INSIDE;
}
