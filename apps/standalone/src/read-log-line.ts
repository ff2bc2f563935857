/** A line of a child's log, as a person wants to see it. */
export interface LogLine {
  text: string;
  /** pino's error (50) or worse. */
  isError: boolean;
}

/** pino's levels, which a line may also hold as numbers. */
const LEVELS = new Map<unknown, string>([[10, 'trace'], [20, 'debug'], [30, 'info'], [40, 'warn'], [50, 'error'], [60, 'fatal']]);
const ERRORS = ['error', 'fatal'];
const MAXIMUM_LENGTH = 300;

/** Understands pino's JSON lines; anything else (a stack of a crash) is given as it is and is no error by itself. */
export function readLogLine(line: string): LogLine {
  const fields = parseFields(line);
  const level = LEVELS.get(fields?.get('level')) ?? fields?.get('level');
  if (fields === undefined || typeof level !== 'string') {
    return { text: shortened(line), isError: false };
  }
  const parts = [fields.get('msg'), messageOf(fields.get('err'))].filter((part) => typeof part === 'string');
  const text = [...new Set(parts)].join(': ');
  return { text: shortened(`${level}: ${text}`), isError: ERRORS.includes(level) };
}

function parseFields(line: string): Map<string, unknown> | undefined {
  if (!line.startsWith('{')) {
    return undefined;
  }
  try {
    return fieldsOf(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Map<string, unknown> {
  return new Map(value !== null && typeof value === 'object' ? Object.entries(value) : []);
}

function messageOf(error: unknown): unknown {
  return fieldsOf(error).get('message');
}

function shortened(text: string): string {
  const line = text.replaceAll('\n', ' ');
  return line.length > MAXIMUM_LENGTH ? `${line.slice(0, MAXIMUM_LENGTH)}…` : line;
}
