import { z } from 'zod';

import { EnvError, isLiveStripeKey } from './env.js';

/** Where a client of the api finds it, and what opens it. */
export interface ClientSettings {
  /** Without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | undefined;
  /** Where `npm start` keeps what it has made. */
  readonly dataDir: string;
  /** Whether `npm start` runs with a live key of Stripe's. */
  readonly isLive: boolean;
}

/**
 * Reads what a client needs and nothing else: it runs beside any settings of a server.
 *
 * @param source an environment whose empty variables are left out (`withEnvFile`)
 * @throws EnvError
 */
export function loadClientSettings(source: Readonly<Record<string, string | undefined>>): ClientSettings {
  const host = source['HOST'] ?? '127.0.0.1';
  const reachable = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
  const url = source['KANA_URL'] ?? `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${source['PORT'] ?? '3000'}`;
  if (!z.url({ protocol: /^https?$/ }).safeParse(url).success) {
    throw new EnvError(['KANA_URL must be an address with http or https, such as http://127.0.0.1:3000.']);
  }
  return {
    url: url.replace(/\/+$/, ''),
    apiKey: source['KANA_API_KEY'] ?? source['KANA_ADMIN_KEY'],
    dataDir: source['DATA_DIR'] ?? './.data',
    isLive: isLiveStripeKey(source['STRIPE_SECRET_KEY'] ?? ''),
  };
}
