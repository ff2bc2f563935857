import { type CommandForm, type CommandName, COMMANDS } from './command-table.js';

const ALWAYS: CommandForm['options'] = {
  json: { type: 'boolean', meaning: 'Prints one JSON document and nothing else.' },
  help: { type: 'boolean', meaning: 'Shows this.' },
};

const FOOT = [
  'The api is at KANA_URL, or where `npm start` has it (HOST, PORT; http://127.0.0.1:3000).',
  'The key is KANA_API_KEY, else KANA_ADMIN_KEY, else that of `npm start` in the data folder (DATA_DIR).',
  'Exit codes: 0 done; 1 the run failed or waits for a word, or the doctor found an error; 2 usage; 3 the api refused, or cannot be reached; 130 interrupted.',
].join('\n');

/** Of one command, or the list of all. */
export function helpOf(name: CommandName | undefined): string {
  if (name === undefined) {
    const commands: [string, CommandForm][] = Object.entries(COMMANDS);
    return [`Usage: npm run kana -- <command> [options]\n`, ...commands.flatMap(([, { usage, summary }]) => [`  ${usage}`, `      ${summary}`]), `\nEach has --json and --help. For programs: npm run --silent kana -- … --json\n\n${FOOT}`].join('\n');
  }
  const form: CommandForm = COMMANDS[name];
  const options = Object.entries({ ...form.options, ...ALWAYS }).map(([option, { type, meaning }]) => `  ${`--${option}${type === 'string' ? ' <…>' : ''}`.padEnd(22)}${meaning}`);
  return [`Usage: npm run kana -- ${form.usage}\n`, form.summary, '', ...options, '', FOOT].join('\n');
}
