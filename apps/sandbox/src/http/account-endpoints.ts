import { buildList } from '../objects/list.js';
import { paging } from './endpoint.js';
import type { Asked, Endpoint } from './endpoint.js';
import { forbidden } from './faults.js';
import { masked } from './keys.js';
import { LIST_PARAMETERS } from './parameters.js';

/** Only the own account: the sandbox has no connected ones. */
function retrieveAccount({ store, key, id }: Asked): object {
  if (id === '' || id === store.account.id) return store.account;
  const message =
    `The provided key '${masked(key.text)}' does not have access to account '${id}' (or that account does not exist). ` +
    'Application access may have been revoked.';
  throw forbidden(message, { code: 'account_invalid' });
}

/** A list that has nothing in it yet, but reads its parameters. */
function emptyList(url: string): (asked: Asked) => object {
  return ({ parameters }) => {
    paging(parameters);
    return buildList(url, [], false);
  };
}

export const ACCOUNT_ENDPOINTS: Endpoint[] = [
  { pattern: '/v1/account', right: 'account', answers: 'account', parameters: ['expand'], answer: retrieveAccount },
  { pattern: '/v1/accounts/:id', right: 'account', answers: 'account', parameters: ['expand'], answer: retrieveAccount },
  {
    pattern: '/v1/events',
    right: 'events',
    answers: 'event list',
    parameters: [...LIST_PARAMETERS, 'delivery_success', 'type', 'types'],
    answer: emptyList('/v1/events'),
  },
  {
    pattern: '/v1/webhook_endpoints',
    right: 'webhook_endpoints',
    answers: 'webhook_endpoint list',
    parameters: LIST_PARAMETERS,
    answer: emptyList('/v1/webhook_endpoints'),
  },
];
