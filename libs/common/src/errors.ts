/** What kind of refusal an error is; the api turns it into an HTTP status in one place. */
export type ErrorKind = 'INVALID' | 'NOT_FOUND' | 'CONFLICT' | 'PRECONDITION_FAILED' | 'REFUSED' | 'UNAVAILABLE';

/** One member of a problem document's `errors`: where in the input, and what is wrong with it. */
export interface ErrorPointer {
  /** JSON pointer into the request body, e.g. `/mappings/3/packageId`. */
  pointer: string;
  detail: string;
}

/**
 * An exceptional outcome that a caller can act on. `code` is stable and snake_case; `message` is a sentence that
 * says what to do and never holds a secret. Nothing is ever matched by message.
 */
export class KanaError extends Error {
  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    readonly pointers: readonly ErrorPointer[] = [],
    readonly location?: string,
  ) {
    super(message);
    this.name = 'KanaError';
  }
}

export const notFound = (code: string, message: string): KanaError => new KanaError('NOT_FOUND', code, message);
export const conflict = (code: string, message: string): KanaError => new KanaError('CONFLICT', code, message);
export const refused = (code: string, message: string, pointers: readonly ErrorPointer[] = []): KanaError =>
  new KanaError('REFUSED', code, message, pointers);
export const invalid = (code: string, message: string, pointers: readonly ErrorPointer[] = []): KanaError =>
  new KanaError('INVALID', code, message, pointers);
