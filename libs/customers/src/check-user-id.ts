/** What is wrong with a would-be user id. */
export type UserIdProblem = 'EMPTY' | 'TOO_LONG' | 'CONTROL_CHARACTER' | 'SPACE_AT_EDGE' | 'DOTS';

const MAXIMUM_CHARACTERS = 255;
/** Control characters, and halves of surrogate pairs, which are no text at all. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/**
 * The rules for ids that callers choose: 1–255 characters, no control characters, no spaces at the edges, neither `.`
 * nor `..` (they would vanish from a URL's path). null when the value is a good id.
 */
export function checkUserId(value: string): UserIdProblem | null {
  if (value === '') {
    return 'EMPTY';
  }
  if (UNPRINTABLE.test(value)) {
    return 'CONTROL_CHARACTER';
  }
  if (value.trim() !== value) {
    return 'SPACE_AT_EDGE';
  }
  if (value === '.' || value === '..') {
    return 'DOTS';
  }
  return Array.from(value).length > MAXIMUM_CHARACTERS ? 'TOO_LONG' : null;
}
