import type { EndpointFacts, EndpointFlaw } from './check-endpoint.js';

/** `MAKE` leaves an old one where it is, if there is one; the caller deletes it once the new one counts. */
export type EndpointStep = 'MAKE' | 'UPDATE' | 'KEEP';

/** Stripe changes neither the API version nor tells the secret again: where one of these is not right there must be a new one. */
const CURED_BY_A_NEW_ONE: readonly EndpointFlaw['kind'][] = ['MISSING', 'API_VERSION', 'SECRET_LOST'];

/** What to do about a connection's endpoint. */
export function resolveEndpoint(flaws: readonly EndpointFlaw[]): EndpointStep {
  if (flaws.length === 0) {
    return 'KEEP';
  }
  return flaws.some(({ kind }) => CURED_BY_A_NEW_ONE.includes(kind)) ? 'MAKE' : 'UPDATE';
}

/** An endpoint older than this beside the one that was just made belongs to nobody who is still about to store its secret. */
const STRAY_SECONDS = 600;

/**
 * Endpoints that were made for the same connection and address by somebody who died before the secret was stored: nobody
 * could ever verify what they send.
 */
export function resolveStrays(all: readonly EndpointFacts[], kept: Pick<EndpointFacts, 'id' | 'created' | 'url'>): string[] {
  return all.filter(({ id, url, created }) => id !== kept.id && url === kept.url && created < kept.created - STRAY_SECONDS).map(({ id }) => id);
}
