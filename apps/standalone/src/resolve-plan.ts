import { DEMO_DATABASE, type Env, isLiveStripeKey } from '@app/common';

/** What a start amounts to, decided before anything is started. */
export type Plan =
  | {
      kind: 'START';
      /** The embedded server's database of this name, or the given server. */
      database: { kind: 'EMBEDDED'; name: string } | { kind: 'GIVEN'; url: string };
      /** The bundled sandbox; the account of the given key; or nothing yet: somebody connects by API. */
      stripe: { kind: 'SANDBOX' } | { kind: 'KEY'; key: string } | { kind: 'LATER' };
      /** `kana_live_` keys are made for a live deployment, `kana_test_` for all others. */
      mode: 'live' | 'test';
    }
  | { kind: 'REFUSED'; code: string; sentence: string };

/**
 * Rule N4: without a key, and with the embedded PostgreSQL only, everything runs against the sandbox, in a database
 * that a real key never opens; and not in production.
 */
export function resolvePlan(env: Env): Plan {
  const { databaseUrl, stripeSecretKey: key } = env;
  if (databaseUrl === undefined && key === undefined && env.nodeEnv === 'production') {
    const sentence =
      'The rehearsal with the bundled sandbox is not for production. Set STRIPE_SECRET_KEY to use Stripe, or DATABASE_URL to connect later, or leave NODE_ENV out to rehearse.';
    return { kind: 'REFUSED', code: 'rehearsal_in_production', sentence };
  }
  return {
    kind: 'START',
    database:
      databaseUrl === undefined
        ? { kind: 'EMBEDDED', name: embeddedName(key) }
        : { kind: 'GIVEN', url: databaseUrl },
    stripe: key === undefined ? { kind: databaseUrl === undefined ? 'SANDBOX' : 'LATER' } : { kind: 'KEY', key },
    mode: key !== undefined && isLiveStripeKey(key) ? 'live' : 'test',
  };
}

/** Test and live data never mix (rule N3), nor either with the rehearsal's. */
function embeddedName(key: string | undefined): string {
  if (key === undefined) {
    return DEMO_DATABASE;
  }
  return isLiveStripeKey(key) ? 'kana_live' : 'kana';
}
