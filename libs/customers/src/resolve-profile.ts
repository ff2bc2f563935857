import type { FieldSource } from './customers.types.js';
import { shownEmail, shownName } from './match-candidate.js';
import { normalizeEmail } from './normalize-email.js';

/** What of a user may come from Stripe, each field with its source. */
export interface Profile {
  readonly name: string | null;
  readonly nameSource: FieldSource | null;
  readonly email: string | null;
  readonly emailSource: FieldSource | null;
  readonly emailNormalized: string | null;
  readonly emailVerified: boolean;
  readonly billingId: string | null;
  readonly billingIdSource: FieldSource | null;
}

/** A customer that is linked to the user. */
export interface ProfileCustomer {
  readonly connectionId: string;
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly deleted: boolean;
  readonly createdAt: string | null;
  /** Whether one of its subscriptions gives access. */
  readonly givesAccess: boolean;
  /** Metadata made the link and it has been in doubt from the start: it gives the user nothing but its subscriptions. */
  readonly linkInDoubt: boolean;
  /** Its email may be somebody else's: the first one (rule U7), until that is settled, or the one that was typed at a Checkout. It is not shown. */
  readonly emailInDoubt: boolean;
}

/**
 * What a user shows (rules U4, U5, U8). A value of the company stays. Everything else is what the user's customers show
 * now, the primary one first: the company's billingId, else a customer with an access-giving subscription, else the
 * oldest, else the smallest id; a deleted one last. What the primary one leaves empty the next one fills. So it matters
 * neither what was shown before nor who came first, and a change that is taken back leaves no trace.
 *
 * A new email is not verified: the company has said so of another.
 */
export function resolveProfile(user: Profile, customers: readonly ProfileCustomer[]): Profile {
  if (customers.length === 0) {
    return user;
  }
  const ranked = rankCustomers(user, customers);
  const heard = ranked.filter(({ linkInDoubt }) => !linkInDoubt);
  const email = fieldOf(user.email, user.emailSource, heard.map((customer) => (customer.emailInDoubt ? null : shownEmail(customer.email))));
  const name = fieldOf(user.name, user.nameSource, heard.map((customer) => shownName(customer.name)));
  const billingId = fieldOf(user.billingId, user.billingIdSource, ranked.map(({ id }) => id));
  const emailNormalized = normalizeEmail(email.value);
  return {
    name: name.value,
    nameSource: name.source,
    email: email.value,
    emailSource: email.source,
    emailNormalized,
    emailVerified: user.emailVerified && emailNormalized === user.emailNormalized,
    billingId: billingId.value,
    billingIdSource: billingId.source,
  };
}

/** A user's customers, the primary one first. */
export function rankCustomers<Customer extends ProfileCustomer>(
  { billingId, billingIdSource }: Pick<Profile, 'billingId' | 'billingIdSource'>,
  customers: readonly Customer[],
): Customer[] {
  const isGiven = ({ id }: Customer): boolean => billingIdSource === 'COMPANY' && id === billingId;
  const rank = (customer: Customer): string[] => [
    isGiven(customer) ? '0' : '1',
    customer.deleted ? '1' : '0',
    customer.givesAccess ? '0' : '1',
    customer.createdAt ?? '9999',
    customer.id,
    customer.connectionId,
  ];
  return customers.toSorted((one, other) => compareLists(rank(one), rank(other)));
}

function compareLists(one: readonly string[], other: readonly string[]): number {
  const index = one.findIndex((value, place) => value !== other[place]);
  return index === -1 ? 0 : (one[index] ?? '') < (other[index] ?? '') ? -1 : 1;
}

function fieldOf(
  value: string | null,
  source: FieldSource | null,
  shown: readonly (string | null)[],
): { value: string | null; source: FieldSource | null } {
  if (source === 'COMPANY') {
    return { value, source };
  }
  const first = shown.find((each) => each !== null) ?? null;
  return { value: first, source: first === null ? null : 'STRIPE' };
}
