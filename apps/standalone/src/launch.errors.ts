/** Why Kana cannot start or go on: one sentence for a person, which says what to do and holds no secret. */
export class LaunchError extends Error {
  constructor(
    /** Stable, snake_case. */
    readonly code: string,
    sentence: string,
    options?: ErrorOptions,
  ) {
    super(sentence, options);
    this.name = 'LaunchError';
  }
}

/** The code of a system or database error (`EADDRINUSE`, `28P01`, …); undefined where there is none. */
export function errorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
