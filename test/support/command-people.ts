import { eventually } from '../import/kana.js';
import type { CommandWorld, Paid } from './command-world.js';
import { send } from './send.js';

/** A user and the customer that pays for it. */
export interface Person {
  /** Kana's id. */
  readonly userId: string;
  readonly customerId: string;
}

/** A user as the api shows it, after an edit also with what becomes of that in Stripe. */
export interface ShownUser {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly billingId: string | null;
  readonly sources: { readonly name: string | null; readonly email: string | null };
  readonly following?: { readonly code: string; readonly text: string; readonly commandId: string | null; readonly state: string | null };
}

export interface ShownLink {
  readonly customerId: string;
  readonly primary: boolean;
  readonly name: string | null;
  readonly email: string | null;
  readonly differs: readonly string[];
  readonly conflict: string | null;
}

/** What tests of users need beside a world of commands. */
export class CommandPeople {
  constructor(private readonly world: CommandWorld) {}

  /** Somebody subscribes in Stripe, and becomes a user. */
  async person(): Promise<Person> {
    return this.payerOf(await this.world.paid());
  }

  async payerOf({ id, stripeId }: Paid): Promise<Person> {
    const { body } = await this.world.api.get<{ userId: string }>(`/v1/subscriptions/${id}`);
    return { userId: body.userId, customerId: this.world.truth(stripeId).customer };
  }

  edit<Body = ShownUser>({ userId }: Pick<Person, 'userId'>, changes: object, headers: Readonly<Record<string, string>> = {}) {
    const { api } = this.world;
    return send<Body>(`${api.url}/v1/users/${encodeURIComponent(userId)}`, { method: 'PATCH', key: api.adminKey, body: changes, headers });
  }

  /** An edit that Stripe must be asked to follow; gives the command's id. */
  async ask(person: Person, changes: object): Promise<string> {
    const { status, body, text } = await this.edit(person, changes);
    const commandId = body.following?.commandId ?? null;
    if (status !== 200 || commandId === null) {
      throw new Error(`${status}: ${text}`);
    }
    return commandId;
  }

  async user({ userId }: Pick<Person, 'userId'>): Promise<ShownUser> {
    return (await this.world.api.get<ShownUser>(`/v1/users/${encodeURIComponent(userId)}`)).body;
  }

  async links({ userId }: Pick<Person, 'userId'>): Promise<ShownLink[]> {
    return (await this.world.api.get<{ data: ShownLink[] }>(`/v1/users/${encodeURIComponent(userId)}/links`)).body.data;
  }

  async differs(person: Person): Promise<readonly string[]> {
    return (await this.links(person)).find(({ customerId }) => customerId === person.customerId)?.differs ?? [];
  }

  /** Of the sandbox's own store. */
  customer({ customerId }: Pick<Person, 'customerId'>): { name: string | null; email: string | null; stamp: string | undefined } {
    const found = this.world.sandbox.truth().customers.find(({ id }) => id === customerId);
    if (found === undefined || 'deleted' in found) {
      throw new Error(`Stripe has no customer ${customerId}.`);
    }
    const { name, email, metadata } = found;
    return { name, email, stamp: metadata['kana_command'] };
  }

  /** Somebody changes the customer in Stripe; waits until Kana has it. */
  async changeInStripe(person: Person, facts: { name?: string; email?: string }): Promise<void> {
    this.world.sandbox.mutate.updateCustomer(person.customerId, facts);
    await eventually('the change to be in Kana', async () => {
      const link = (await this.links(person)).find(({ customerId }) => customerId === person.customerId);
      return Object.entries(facts).every(([field, value]) => (link?.[field as 'name' | 'email'] ?? '') === value) || undefined;
    });
  }
}
