/** RFC 4180, with a head. */
export const CSV_MEDIA_TYPE = 'text/csv; charset=utf-8; header=present';

/** A spreadsheet computes a cell that begins so, whoever has written it (CWE-1236). */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

/** One line of a file of comma-separated values; a cell that looks like a formula is made a text by an apostrophe. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(value: string): string {
  const text = FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
