import { type KanaError, notFound } from '@app/common';

export function connectionNotFound(id: string): KanaError {
  return notFound('connection_not_found', `There is no Stripe connection ${id}.`);
}
