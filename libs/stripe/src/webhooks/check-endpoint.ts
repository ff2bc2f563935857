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

/** One way in which an endpoint is not what it is to be. */
export type EndpointFlaw =
  /** Never made, or deleted in Stripe. */
  | { readonly kind: 'MISSING' }
  | { readonly kind: 'DISABLED' }
  /** `found` null = the account's own version. */
  | { readonly kind: 'API_VERSION'; readonly found: string | null; readonly wanted: string }
  | { readonly kind: 'EVENTS_MISSING'; readonly events: readonly string[] }
  | { readonly kind: 'EVENTS_SUPERFLUOUS'; readonly events: readonly string[] }
  | { readonly kind: 'ADDRESS'; readonly found: string; readonly wanted: string }
  /** What it signs cannot be verified. */
  | { readonly kind: 'SECRET_LOST' };

const EVERYTHING = '*';

/**
 * Everything that is wrong with a connection's endpoint.
 *
 * @param found null = never made, or deleted in Stripe
 */
export function checkEndpoint(found: EndpointFacts | null, wanted: WantedEndpoint, holdsSecret: boolean): EndpointFlaw[] {
  if (found === null) {
    return [{ kind: 'MISSING' }];
  }
  const missing = found.events.includes(EVERYTHING) ? [] : without(wanted.events, found.events);
  const superfluous = without(found.events, wanted.events);
  return [
    ...(found.isEnabled ? [] : [{ kind: 'DISABLED' } as const]),
    ...(found.url === wanted.url ? [] : [{ kind: 'ADDRESS', found: found.url, wanted: wanted.url } as const]),
    ...(missing.length === 0 ? [] : [{ kind: 'EVENTS_MISSING', events: missing } as const]),
    ...(superfluous.length === 0 ? [] : [{ kind: 'EVENTS_SUPERFLUOUS', events: superfluous } as const]),
    ...(found.apiVersion === wanted.apiVersion ? [] : [{ kind: 'API_VERSION', found: found.apiVersion, wanted: wanted.apiVersion } as const]),
    ...(holdsSecret ? [] : [{ kind: 'SECRET_LOST' } as const]),
  ];
}

function without(all: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return all.filter((each) => !known.has(each));
}
