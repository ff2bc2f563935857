/** A webhook endpoint as Stripe shows it. */
export interface EndpointFacts {
  readonly id: string;
  /** Whole seconds of Stripe's clock. */
  readonly created: number;
  readonly url: string;
  readonly events: readonly string[];
  readonly apiVersion: string | null;
  readonly isEnabled: boolean;
  /** The connection that it was made for, from its metadata. */
  readonly connectionId: string | null;
}

/** What an endpoint is to be. */
export interface WantedEndpoint {
  readonly url: string;
  readonly events: readonly string[];
  readonly apiVersion: string;
}

/** `MAKE` leaves an old one where it is, if there is one; the caller deletes it once the new one counts. */
export type EndpointStep = 'MAKE' | 'UPDATE' | 'KEEP';

/**
 * What to do about a connection's endpoint. Stripe changes neither the API version nor tells the secret again: where one of
 * these is not right there must be a new one.
 *
 * @param found null = never made, or deleted in Stripe
 */
export function resolveEndpoint(found: EndpointFacts | null, wanted: WantedEndpoint, holdsSecret: boolean): EndpointStep {
  if (found === null || !holdsSecret || found.apiVersion !== wanted.apiVersion) {
    return 'MAKE';
  }
  return found.url === wanted.url && found.isEnabled && sameSet(found.events, wanted.events) ? 'KEEP' : 'UPDATE';
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

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  const set = new Set(one);
  return set.size === new Set(other).size && other.every((member) => set.has(member));
}
