import { badRequest } from '../http/faults.js';

/** A parameter that has to be there. */
export function demand<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw badRequest(`Missing required param: ${name}.`, { code: 'parameter_missing', param: name });
}

export function exclusive(...names: string[]): Error {
  const message = `You may only specify one of these parameters: ${names.join(', ')}.`;
  return badRequest(message, { code: 'parameters_exclusive' });
}

/** The values that were given: what was not stays as it is. */
export function given<T extends object>(values: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}

const MOST_METADATA = 50;

/** Names set and unset as Stripe does; `wanted` null unsets all. */
export function mergeMetadata(
  known: Record<string, string>,
  wanted: Record<string, string | null> | null | undefined,
): Record<string, string> {
  if (wanted === undefined) return known;
  if (wanted === null) return {};
  const merged = new Map<string, string | null>([...Object.entries(known), ...Object.entries(wanted)]);
  const kept = [...merged].filter((entry): entry is [string, string] => entry[1] !== null);
  if (kept.length > MOST_METADATA) throw badRequest(`You can only have ${MOST_METADATA} metadata keys.`, { param: 'metadata' });
  return Object.fromEntries(kept);
}
