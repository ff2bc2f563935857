import { createHash } from 'node:crypto';

import type { UsageRequest } from './usage.types.js';

/** Tells one body from another; the order of members does not matter, and the key is no part of it. */
export function requestHash({ userId, featureId, action, delta, occurredAt, require }: UsageRequest): string {
  const members = [userId, featureId, action, delta, occurredAt?.toISOString() ?? null, require];
  return createHash('sha256').update(JSON.stringify(members)).digest('hex');
}
