import { shownName } from './match-candidate.js';
import { normalizeEmail } from './normalize-email.js';
import { LINK_FIELDS, type LinkField } from './user.types.js';

interface Shown {
  readonly email: string | null;
  readonly name: string | null;
}

/**
 * The fields in which a user and its customer differ (rule U8): the company's word stays, and so does what another customer
 * says. Emails are compared as matching compares them. A deleted customer has nothing to differ by.
 */
export function resolveDifferences(user: Shown, customer: Shown & { readonly deleted: boolean }): LinkField[] {
  const differs: Record<LinkField, boolean> = {
    email: (normalizeEmail(user.email) ?? user.email) !== normalizeEmail(customer.email),
    name: user.name !== shownName(customer.name),
  };
  return customer.deleted ? [] : LINK_FIELDS.filter((field) => differs[field]);
}
