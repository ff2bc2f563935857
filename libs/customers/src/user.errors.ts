import { conflict, type KanaError, notFound } from '@app/common';

export const userNotFound = (name: string): KanaError =>
  notFound('user_not_found', `No user answers to "${name}". Look the user up in the list, or create it first.`);

export const userExists = (id: string, owner: string): KanaError =>
  conflict(
    'user_exists',
    id === owner
      ? `There is a user "${id}" already. Change that one, or choose another id.`
      : `"${id}" is an alias of the user "${owner}". Change that one, or choose another id.`,
  );

export const billingIdTaken = (billingId: string, owner: string): KanaError =>
  conflict('billing_id_taken', `The Stripe customer ${billingId} belongs to the user "${owner}" already.`);
