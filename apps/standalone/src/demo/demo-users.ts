/** A Stripe customer, as far as the company of the demo looks at it. */
export interface SandboxCustomer {
  id: string;
  deleted?: boolean;
  email?: string | null;
  name?: string | null;
  metadata?: Record<string, string>;
}

export interface DemoUser {
  id: string;
  email?: string;
  name?: string;
  billingId?: string;
}

const EVERY = 12;

/**
 * Users whom the company had before it connected Stripe: every twelfth customer, under an id of the company's own, known
 * by email, or by billingId alone. Two of them share one email, as happens: that customer needs a human.
 */
export function chooseDemoUsers(customers: readonly SandboxCustomer[]): DemoUser[] {
  const chosen = customers
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    .filter(({ deleted, email, metadata }) => deleted !== true && isPlainEmail(email) && metadata?.['kana_user_id'] === undefined)
    .filter((_customer, index) => index % EVERY === 0);
  const users = chosen.map((customer, index) => toUser(customer, index + 1));
  const [first] = users;
  return first?.email === undefined ? users : [...users, { id: 'acme-twin', email: first.email, name: 'The same mailbox' }];
}

function toUser({ id, email, name }: SandboxCustomer, number: number): DemoUser {
  const user = { id: `acme-${number}`, ...(name ? { name } : {}) };
  return number % 3 === 0 ? { ...user, billingId: id } : { ...user, email: email ?? undefined };
}

function isPlainEmail(email: string | null | undefined): email is string {
  return typeof email === 'string' && /^[\w.+-]+@[\w.-]+$/.test(email);
}
