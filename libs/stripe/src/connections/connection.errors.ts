import { conflict, type KanaError, notFound } from '@app/common';

export function connectionNotFound(id: string): KanaError {
  return notFound('connection_not_found', `There is no Stripe connection ${id}.`);
}

export function connectionDisconnected(): KanaError {
  return conflict('connection_disconnected', 'This Stripe account is disconnected. Connect it again first (POST /v1/stripe/connections).');
}
