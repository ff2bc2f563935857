/** Deeper than any body of this api; without a limit a hostile body would exhaust the stack. */
const MAXIMUM_DEPTH = 32;

const UNSTORABLE = /[\0\p{Surrogate}]/u;

interface Flaw {
  path: readonly string[];
  detail: string;
}

/** What no schema needs to say: the first string that PostgreSQL refuses, or the first value that lies too deep. */
export function findFlaw(value: unknown, path: readonly string[] = []): Flaw | undefined {
  if (typeof value === 'string') {
    return UNSTORABLE.test(value) ? unstorable(path) : undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  if (path.length >= MAXIMUM_DEPTH) {
    return { path, detail: `is nested more than ${MAXIMUM_DEPTH} levels deep` };
  }
  for (const [key, member] of Object.entries(value)) {
    const flaw = UNSTORABLE.test(key) ? unstorable(path) : findFlaw(member, [...path, key]);
    if (flaw !== undefined) {
      return flaw;
    }
  }
  return undefined;
}

function unstorable(path: readonly string[]): Flaw {
  return { path, detail: 'contains a character that cannot be stored' };
}
