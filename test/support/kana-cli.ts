import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const HOOKS = new URL('../../tools/source-hooks.mjs', import.meta.url).href;
const MAIN = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

/** What a command has said, and how it ended. */
export interface CliEnd {
  code: number | null;
  out: string;
  errors: string;
}

/** `npm run kana` as a process of its own; its output is no terminal. */
export interface CliProcess {
  child: ChildProcess;
  out: () => string;
  ended: Promise<CliEnd>;
}

/** @param settings the whole of its environment, save the path */
export function startCli(words: readonly string[], settings: Readonly<Record<string, string>>): CliProcess {
  const child = spawn(process.execPath, ['--import', HOOKS, MAIN, ...words], { env: { PATH: '/usr/bin:/bin', ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { out: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.errors += chunk.toString()));
  const ended = once(child, 'close').then(([code]: unknown[]) => ({ code: typeof code === 'number' ? code : null, ...texts }));
  return { child, out: () => texts.out, ended };
}

export async function runCli(words: readonly string[], settings: Readonly<Record<string, string>>): Promise<CliEnd> {
  return startCli(words, settings).ended;
}
