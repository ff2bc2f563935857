/** What a command ends with. */
export const EXIT = { DONE: 0, FOUND: 1, USAGE: 2, REFUSED: 3, INTERRUPTED: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command that cannot be carried out: a code for programs, a sentence for people. */
export class CliError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    readonly code: string,
    sentence: string,
  ) {
    super(sentence);
    this.name = 'CliError';
  }
}
