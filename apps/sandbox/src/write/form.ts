import { badRequest } from '../http/faults.js';

/** A value of a form: a text, or named parts. A list is parts named 0, 1, 2 …, or all appended with `[]`. */
export type FormValue = string | Form;
export type Form = Map<string, FormValue>;

const DEEPEST = 8;
const BRACKETS = /\[([^[\]]*)\]/g;

/** Reads a body as Stripe's clients write it: `items[0][price_data][currency]=usd&metadata[team]=a`. */
export function parseForm(text: string): Form {
  const form: Form = new Map();
  for (const [name, value] of new URLSearchParams(text)) place(form, pathOf(name), value);
  return form;
}

function pathOf(name: string): string[] {
  const opening = name.indexOf('[');
  if (opening <= 0) return [name];
  return [name.slice(0, opening), ...Array.from(name.slice(opening).matchAll(BRACKETS), (match) => match[1] ?? '')];
}

function place(form: Form, path: string[], value: string): void {
  if (path.length > DEEPEST) throw badRequest(`The parameter ${path.join('.')} is nested too deep.`, { param: path[0] ?? '' });
  const [name = '', ...below] = path;
  const key = name === '' ? String(form.size) : name;
  if (below.length === 0) {
    form.set(key, value);
    return;
  }
  const known = form.get(key);
  const part: Form = known instanceof Map ? known : new Map<string, FormValue>();
  form.set(key, part);
  place(part, below, value);
}

/** What the SDK would have sent: the same form, out of its parameters. */
export function toForm(parameters: object): Form {
  return new Map(Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, toValue(value)]])));
}

function toValue(value: unknown): FormValue {
  if (value === null) return '';
  if (value instanceof Date) return String(Math.floor(value.getTime() / 1000));
  if (typeof value === 'string') return value;
  const json = JSON.stringify(value);
  // The SDK's decimals are objects that become texts.
  if (json.startsWith('"')) return String(JSON.parse(json));
  return typeof value === 'object' ? toForm(value) : json;
}
