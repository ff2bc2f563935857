/** One parameter of a request: a value, a list (`ids[]=…`, `ids[0]=…`) or named parts (`created[gte]=…`). */
export type QueryValue =
  | { kind: 'value'; value: string }
  | { kind: 'list'; values: string[] }
  | { kind: 'parts'; parts: Map<string, string> };

export type Query = Map<string, QueryValue>;

const BRACKETED = /^([^[\]]+)\[([^[\]]*)\]$/;

/** Reads Stripe's form-style query. Of two values for one plain name the last one counts. */
export function readQuery(search: string): Query {
  const query: Query = new Map();
  for (const [name, value] of new URLSearchParams(search)) {
    const match = BRACKETED.exec(name);
    if (match?.[1] === undefined || match[2] === undefined) query.set(name, { kind: 'value', value });
    else if (/^\d*$/.test(match[2])) addToList(query, match[1], value);
    else addPart(query, match[1], match[2], value);
  }
  return query;
}

function addToList(query: Query, name: string, value: string): void {
  const known = query.get(name);
  if (known?.kind === 'list') known.values.push(value);
  else query.set(name, { kind: 'list', values: [value] });
}

function addPart(query: Query, name: string, part: string, value: string): void {
  const known = query.get(name);
  if (known?.kind === 'parts') known.parts.set(part, value);
  else query.set(name, { kind: 'parts', parts: new Map([[part, value]]) });
}
