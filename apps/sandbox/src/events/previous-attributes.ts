import { isDeepStrictEqual } from 'node:util';
import type { WireObject } from '../objects/wire.js';

/**
 * What `data.previous_attributes` says: the former values of what changed, hashes by their changed parts only, arrays
 * whole. A part that was not there before is null.
 */
export function previousAttributes(before: WireObject, after: WireObject): WireObject {
  const previous: WireObject = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const was = before[name];
    const is = after[name];
    if (isDeepStrictEqual(was, is)) continue;
    previous[name] = isHash(was) && isHash(is) ? previousAttributes(was, is) : (was ?? null);
  }
  return previous;
}

function isHash(value: unknown): value is WireObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
