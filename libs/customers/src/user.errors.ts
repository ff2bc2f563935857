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

export const userBilledElsewhere = (name: string, billingId: string): KanaError =>
  conflict('user_billed_elsewhere', `You gave the user "${name}" the Stripe customer ${billingId}, and a user has one billingId. Change that first (PATCH /v1/users/{id}), or link this customer to a new user.`);

export const billingIdTaken = (billingId: string, owner: string): KanaError =>
  conflict('billing_id_taken', `The Stripe customer ${billingId} belongs to the user "${owner}" already.`);
