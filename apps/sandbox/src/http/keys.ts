import { forbidden, unauthorized } from './faults.js';

/** What a restricted key may be denied, with the name Stripe gives the permission, without `_read` or `_write`. */
const PERMISSIONS = {
  account: 'rak_accounts_kyc_basic',
  checkout_sessions: 'rak_checkout_session',
  customers: 'rak_customer',
  events: 'rak_event',
  invoices: 'rak_invoice',
  prices: 'rak_plan',
  products: 'rak_product',
  subscriptions: 'rak_subscription',
  test_clocks: 'rak_billing_clock',
  webhook_endpoints: 'rak_webhook',
} as const;

export type Right = keyof typeof PERMISSIONS;
export type Access = 'read' | 'write';

export interface Key {
  text: string;
  lacks: ReadonlySet<`${Right} ${Access}`>;
}

const RIGHTS = (Object.keys(PERMISSIONS) as Right[]).sort();
const TEST_KEY = /^(sk|rk)_test_[A-Za-z0-9_]+$/;
const LIVE_KEY = /^(sk|rk)_live_/;

/** What each part of a restricted key's name takes away: to write one thing, to write any, or to read and write one. */
const DENIALS: readonly (readonly [string, readonly `${Right} ${Access}`[]])[] = [
  ...RIGHTS.map((right) => [`no_${right}_write`, [`${right} write`]] as const),
  ['no_write', RIGHTS.map((right) => `${right} write` as const)],
  ...RIGHTS.map((right) => [`no_${right}`, [`${right} read`, `${right} write`]] as const),
];

/** Reads the key out of an `Authorization` header; throws what Stripe answers when it is not one to use here. */
export function authenticate(authorization: string | undefined): Key {
  const text = keyText(authorization);
  if (text === '') {
    throw unauthorized('You did not provide an API key. Send it in the Authorization header: "Bearer YOUR_SECRET_KEY".');
  }
  if (LIVE_KEY.test(text)) {
    const message = `The key ${masked(text)} is a live one, and this is a sandbox`;
    throw unauthorized(`${message}: it takes sk_test_… and rk_test_… keys.`);
  }
  if (!TEST_KEY.test(text)) throw unauthorized(`Invalid API Key provided: ${masked(text)}`);
  return { text, lacks: text.startsWith('rk_') ? lackedRights(text) : new Set() };
}

/** Throws Stripe's 403 when the key lacks one of the rights. */
export function demand(key: Key, rights: Iterable<Right>, accountId: string, access: Access = 'read'): void {
  for (const right of rights) {
    if (!key.lacks.has(`${right} ${access}`)) continue;
    throw forbidden(
      `The provided key '${masked(key.text)}' does not have the required permissions for this endpoint on account ` +
        `'${accountId}'. Having the '${PERMISSIONS[right]}_${access}' permission would allow this request to continue.`,
      { code: 'more_permissions_required' },
    );
  }
}

export function masked(key: string): string {
  return key.length > 16 ? `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}` : `${key.slice(0, 7)}***`;
}

/** `Bearer <key>`, or the key as the user name of `Basic`, as curl's `-u` sends it. */
function keyText(authorization: string | undefined): string {
  const [scheme = '', credentials = ''] = (authorization ?? '').trim().split(/\s+/);
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return '';
  return Buffer.from(credentials, 'base64').toString('utf8').split(':')[0] ?? '';
}

/** `rk_test_no_customers_no_prices_write_x` lacks customers, and the right to write prices. */
function lackedRights(text: string): Key['lacks'] {
  const lacks = new Set<`${Right} ${Access}`>();
  let rest = text.slice('rk_test_'.length);
  for (;;) {
    const denial = DENIALS.find(([name]) => rest === name || rest.startsWith(`${name}_`));
    if (!denial) return lacks;
    for (const right of denial[1]) lacks.add(right);
    rest = rest.slice(`${denial[0]}_`.length);
  }
}
