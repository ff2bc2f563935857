import { invalid } from '@app/common';

/** Visible ASCII and spaces inside; long enough for any UUID, short enough for an index. */
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/**
 * The key that a caller gave; undefined when it gave none.
 *
 * @throws KanaError `idempotency_key_invalid` (400)
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) {
    return undefined;
  }
  if (typeof header !== 'string' || !KEY.test(header)) {
    throw invalid('idempotency_key_invalid', 'Idempotency-Key must be 1–255 visible ASCII characters, e.g. a UUID.');
  }
  return header;
}
