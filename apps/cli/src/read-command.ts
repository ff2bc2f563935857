import { parseArgs } from 'node:util';

import { CliError, EXIT } from './cli.errors.js';
import { type CommandForm, type CommandName, COMMANDS } from './command-table.js';

/** What was asked for. */
export type Command =
  | { readonly name: 'help'; readonly of: CommandName | undefined }
  | { readonly name: 'import'; readonly json: boolean; readonly dryRun: boolean; readonly connectionId: string | undefined }
  | { readonly name: 'reconcile'; readonly json: boolean; readonly connectionId: string | undefined }
  | { readonly name: 'status'; readonly json: boolean }
  | { readonly name: 'doctor'; readonly json: boolean; readonly repair: boolean }
  | { readonly name: 'events replay'; readonly json: boolean; readonly ids: readonly string[]; readonly state: string | undefined; readonly connectionId: string | undefined }
  | { readonly name: 'keys create'; readonly json: boolean; readonly keyName: string; readonly scopes: readonly string[] };

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** @throws CliError of usage */
export function readCommand(words: readonly string[]): Command {
  const name = nameOf(words);
  if (name === undefined) {
    return readNone(words);
  }
  const rest = words.slice(name.split(' ').length);
  const values = valuesOf(rest, COMMANDS[name]);
  return values['help'] === true ? { name: 'help', of: name } : toCommand(name, values);
}

function nameOf([first = '', second = '']: readonly string[]): CommandName | undefined {
  const isKnown = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name);
  return [`${first} ${second}`, first].find(isKnown);
}

function readNone(words: readonly string[]): Command {
  const [first] = words;
  if (first === undefined || ['--help', '-h', 'help'].includes(first)) {
    const of = nameOf(words.slice(1));
    return { name: 'help', of };
  }
  throw usage(`There is no command "${words.slice(0, 2).join(' ')}". See them all with --help.`);
}

function valuesOf(words: readonly string[], form: CommandForm): Values {
  const own = Object.fromEntries(Object.entries(form.options).map(([name, { type, multiple }]) => [name, { type, multiple: multiple ?? false }]));
  try {
    return parseArgs({ args: [...words], options: { ...own, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } }, allowPositionals: false }).values;
  } catch (error) {
    throw usage(`${error instanceof Error ? error.message.split('. ')[0] : 'The options cannot be read'}. Usage: ${form.usage}`);
  }
}

function toCommand(name: CommandName, values: Values): Command {
  const text = (option: string): string | undefined => (typeof values[option] === 'string' ? values[option] : undefined);
  const json = values['json'] === true;
  const connectionId = text('connection');
  switch (name) {
    case 'import':
      return { name, json, connectionId, dryRun: values['dry-run'] === true };
    case 'reconcile':
      return { name, json, connectionId };
    case 'status':
      return { name, json };
    case 'doctor':
      return { name, json, repair: values['repair'] === true };
    case 'events replay':
      return { name, json, connectionId, ...eventsOf(values['id'], text('state')) };
    case 'keys create':
      return { name, json, keyName: needed(text('name'), 'name', name), scopes: needed(text('scopes'), 'scopes', name).split(',').map((scope) => scope.trim()) };
  }
}

function eventsOf(given: Values[string], state: string | undefined): { ids: readonly string[]; state: string | undefined } {
  const ids = Array.isArray(given) ? given.map(String) : [];
  if ((ids.length > 0) === (state !== undefined)) {
    throw usage(`Name the events by --id, or all of a state by --state. Usage: ${COMMANDS['events replay'].usage}`);
  }
  return { ids, state };
}

function needed(value: string | undefined, option: string, name: CommandName): string {
  if (value === undefined || value === '') {
    throw usage(`--${option} is missing. Usage: ${COMMANDS[name].usage}`);
  }
  return value;
}

function usage(sentence: string): CliError {
  return new CliError(EXIT.USAGE, 'usage', sentence);
}
