import type { Finding } from './api-shapes.js';

/** How a word is marked on a terminal; elsewhere it stays as it is. */
export type Paint = (colour: 'green' | 'yellow' | 'red' | 'bold' | 'dim', text: string) => string;

interface Told extends Omit<Finding, 'severity'> {
  readonly word: 'repaired' | 'ok' | 'warning' | 'ERROR';
}

const COLOURS = { repaired: 'green', ok: 'green', warning: 'yellow', ERROR: 'red' } as const;
const WORDS = { OK: 'ok', WARNING: 'warning', ERROR: 'ERROR' } as const;
const INDENT = 11;
/** A line of prose that is longer is hard to read, however wide the terminal is. */
const WIDEST = 110;
const NARROWEST = 40;

/**
 * What was found, for people: the deployment first, then account by account.
 *
 * @param columns of the terminal; null = none, lines are as long as they are
 */
export function describeFindings(findings: readonly Finding[], repaired: readonly Finding[], { columns, paint }: { columns: number | null; paint: Paint }): string[] {
  const all: Told[] = [
    ...repaired.map((finding) => ({ ...finding, word: 'repaired' as const, cure: 'This has been put right.' })),
    ...findings.map((finding) => ({ ...finding, word: WORDS[finding.severity] })),
  ];
  const width = columns === null ? Infinity : Math.max(NARROWEST, Math.min(WIDEST, columns - 1)) - INDENT;
  const places = [...new Set(all.map(({ connectionId }) => connectionId))].toSorted((one, other) => Number(one !== null) - Number(other !== null));
  return [
    ...places.flatMap((place) => [paint('bold', place ?? 'Kana'), ...all.filter(({ connectionId }) => connectionId === place).flatMap((told) => describe(told, width, paint))]),
    '',
    summaryOf(all),
  ];
}

function describe({ word, what, code, cure }: Told, width: number, paint: Paint): string[] {
  const [first = '', ...rest] = wrap(word === 'ok' ? what : `${what} (${code})`, width);
  return [
    `  ${paint(COLOURS[word], word)}${' '.repeat(INDENT - 2 - word.length)}${first}`,
    ...indented(rest),
    ...(cure === null ? [] : indented(wrap(`→ ${cure}`, width)).map((line) => paint('dim', line))),
  ];
}

function summaryOf(all: readonly Told[]): string {
  const count = (word: Told['word'], one: string, many: string): string[] => {
    const number = all.filter((told) => told.word === word).length;
    return number === 0 ? [] : [`${number} ${number === 1 ? one : many}`];
  };
  const parts = [...count('repaired', 'repaired', 'repaired'), ...count('ERROR', 'error', 'errors'), ...count('warning', 'warning', 'warnings')];
  return parts.length === 0 ? 'Nothing is wrong.' : `${parts.join(', ')}.`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `${' '.repeat(INDENT)}${line}`);
}

/** Between words only: what is longer than a line, an address, is left whole to be copied. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
