/** `npm run kana`: what a person, or a script, asks of a running Kana, over its HTTP API. */
import { KanaError } from '@app/common';

import { CliError, EXIT, type ExitCode } from './cli.errors.js';
import { findApi } from './find-api.js';
import { helpOf } from './help.js';
import { Output } from './output.js';
import { type Command, readCommand } from './read-command.js';
import { runCommand } from './run-command.js';

const words = process.argv.slice(2);
const output = new Output(words.includes('--json'), process.stdout, process.stderr);

process.exitCode = await run();

async function run(): Promise<ExitCode> {
  try {
    const command = readCommand(words);
    if (command.name === 'help') {
      process.stdout.write(`${helpOf(command.of)}\n`);
      return EXIT.DONE;
    }
    sayWhenInterrupted(command);
    return await runCommand(command, findApi(), output);
  } catch (error) {
    return refuse(error);
  }
}

function refuse(error: unknown): ExitCode {
  if (error instanceof CliError) {
    output.error(error.code, error.message);
    return error.exitCode;
  }
  if (error instanceof KanaError) {
    output.error(error.code, error.message);
    return EXIT.USAGE;
  }
  throw error;
}

function sayWhenInterrupted({ name }: Command): void {
  process.once('SIGINT', () => {
    const goesOn = name === 'import' || name === 'reconcile';
    output.error('interrupted', goesOn ? 'Interrupted. The run goes on without you: look with `npm run kana -- status`.' : 'Interrupted.');
    process.exit(EXIT.INTERRUPTED);
  });
}
