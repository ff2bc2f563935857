import { badRequest } from '../http/faults.js';
import type { Form, FormValue } from './form.js';

/** Reads one parameter; throws Stripe's 400, naming the parameter by its path. */
export type Reader<T> = (value: FormValue, path: string) => T;
export type Read<R> = R extends Reader<infer T> ? T : never;

export const text: Reader<string> = (value, path) => {
  if (typeof value !== 'string') throw badRequest('Invalid string', { param: path });
  if (value !== '') return value;
  const message =
    `You passed an empty string for '${path}'. We assume empty values are an attempt to unset a parameter; however ` +
    `'${path}' cannot be unset. You should remove '${path}' from your request or supply a non-empty value.`;
  throw badRequest(message, { code: 'parameter_invalid_empty', param: path });
};

export const integer: Reader<number> = (value, path) => {
  const digits = text(value, path);
  if (/^-?\d{1,15}$/.test(digits)) return Number(digits);
  throw badRequest(`Invalid integer: ${digits}`, { code: 'parameter_invalid_integer', param: path });
};

/** Not below zero. */
export const amount: Reader<number> = (value, path) => {
  const number = integer(value, path);
  if (number >= 0) return number;
  const details = { code: 'parameter_invalid_integer', param: path };
  throw badRequest('This value must be greater than or equal to 0.', details);
};

export const decimal: Reader<string> = (value, path) => {
  const digits = text(value, path);
  if (/^\d{1,14}(\.\d{1,12})?$/.test(digits)) return digits;
  throw badRequest(`Invalid decimal: ${digits}`, { param: path });
};

export const flag: Reader<boolean> = (value, path) => {
  const word = text(value, path);
  if (word === 'true' || word === 'false') return word === 'true';
  throw badRequest(`Invalid boolean: ${word}`, { param: path });
};

export function oneOf<Choice extends string>(...choices: Choice[]): Reader<Choice> {
  return (value, path) => {
    const word = text(value, path);
    const choice = choices.find((candidate) => candidate === word);
    if (choice !== undefined) return choice;
    throw badRequest(`Invalid ${path}: must be one of ${choices.join(', ')}`, { param: path });
  };
}

/** A word of its own in the place of another value: `trial_end=now`. */
export function orWord<const Words extends readonly string[], T>(words: Words, reader: Reader<T>): Reader<Words[number] | T> {
  return (value, path) => words.find((word) => word === value) ?? reader(value, path);
}

/** Empty unsets it. */
export function emptyable<T>(reader: Reader<T>): Reader<T | null> {
  return (value, path) => (value === '' ? null : reader(value, path));
}

export function list<T>(reader: Reader<T>): Reader<T[]> {
  return (value, path) => {
    if (typeof value === 'string') throw badRequest('Invalid array', { param: path });
    const places = [...value.keys()];
    if (!places.every((place) => /^\d+$/.test(place))) throw badRequest('Invalid array', { param: path });
    return places
      .toSorted((a, b) => Number(a) - Number(b))
      .map((place) => reader(value.get(place) ?? '', `${path}[${place}]`));
  };
}

/** Any names: `currency_options[eur]`. */
export function named<T>(reader: Reader<T>): Reader<Record<string, T>> {
  return (value, path) => {
    if (typeof value === 'string') throw badRequest('Invalid object', { param: path });
    return Object.fromEntries(Array.from(value, ([name, part]) => [name, reader(part, `${path}[${name}]`)]));
  };
}

const LONGEST_NAME = 40;
const LONGEST_TEXT = 500;

/** Texts to set, and names to unset (null); null as a whole unsets all. */
export const metadata: Reader<Record<string, string | null> | null> = (value, path) => {
  if (value === '') return null;
  const entries = named<string | null>((part) => (typeof part === 'string' ? part || null : tooDeep(path)))(value, path);
  for (const [name, part] of Object.entries(entries)) {
    const isTooLong = name.length > LONGEST_NAME || (part ?? '').length > LONGEST_TEXT;
    if (isTooLong) throw badRequest(`Metadata: a name has ${LONGEST_NAME} characters at most, a value ${LONGEST_TEXT}.`, { param: path });
  }
  return entries;
};

function tooDeep(path: string): never {
  throw badRequest('Invalid metadata: values must be strings.', { param: path });
}

/** A parameter that changes nothing here: the sandbox takes no payments. */
export function ignored<T>(reader: Reader<T>): Reader<undefined> {
  return (value, path) => {
    reader(value, path);
  };
}

/** Stripe knows it and the sandbox does not act on it: that is said, never passed over. */
export const notServed: Reader<undefined> = (_value, path) => {
  throw badRequest(`The sandbox does not serve the parameter ${path}.`, { param: path });
};

type Fields = Record<string, Reader<unknown>>;
/** Every parameter of an SDK type, whether the sandbox acts on it or not. */
type AllOf<P> = { [Name in keyof P]-?: Reader<unknown> };
type NoOther<F, P> = { [Name in Exclude<keyof F, keyof P>]: never };
type ReadFields<F> = { [Name in keyof F]?: Read<F[Name]> };

/**
 * Named parameters, all of them optional; a name that is not among them is Stripe's `parameter_unknown`. `P` is the
 * SDK's type: each of its parameters must be dealt with, and no other can be.
 */
export function object<P>() {
  return <F extends AllOf<P>>(fields: F & NoOther<F, P>): Reader<ReadFields<F>> =>
    (value, path) =>
      readFields<F>(fields, value, path);
}

function readFields<F>(fields: Fields, value: FormValue, path: string): ReadFields<F> {
  if (typeof value === 'string') throw badRequest('Invalid object', { param: path });
  demandKnown(fields, value, path);
  return Object.fromEntries(
    Array.from(value, ([name, part]) => [name, fields[name]?.(part, pathTo(path, name))]),
  ) as ReadFields<F>;
}

function demandKnown(fields: Fields, form: Form, path: string): void {
  const unknown = [...form.keys()].filter((name) => !Object.hasOwn(fields, name)).map((name) => pathTo(path, name));
  const [first] = unknown;
  if (first === undefined) return;
  const noun = unknown.length > 1 ? 'parameters' : 'parameter';
  throw badRequest(`Received unknown ${noun}: ${unknown.join(', ')}`, { code: 'parameter_unknown', param: first });
}

function pathTo(path: string, name: string): string {
  return path === '' ? name : `${path}[${name}]`;
}
