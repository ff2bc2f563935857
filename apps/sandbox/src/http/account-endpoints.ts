import type { Asked, Endpoint } from './endpoint.js';
import { forbidden } from './faults.js';
import { masked } from './keys.js';

/** Only the own account: the sandbox has no connected ones. */
function retrieveAccount({ store, key, id }: Asked): object {
  if (id === '' || id === store.account.id) return store.account;
  const message =
    `The provided key '${masked(key.text)}' does not have access to account '${id}' (or that account does not exist). ` +
    'Application access may have been revoked.';
  throw forbidden(message, { code: 'account_invalid' });
}

export const ACCOUNT_ENDPOINTS: Endpoint[] = [
  { pattern: '/v1/account', right: 'account', answers: 'account', parameters: ['expand'], answer: retrieveAccount },
  { pattern: '/v1/accounts/:id', right: 'account', answers: 'account', parameters: ['expand'], answer: retrieveAccount },
];
