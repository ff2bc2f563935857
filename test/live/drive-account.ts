import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Random } from '../../apps/sandbox/src/account/random.js';

/** Prices that a subscription in dollars may change to: mapped ones, and one that nobody has mapped. */
const PRICES = ['price_StarterMonthUsd', 'price_TeamMonthUsd', 'price_BusinessMonthUsd', 'price_SeatsMonthUsd', 'price_RetainerMonthUsd'] as const;

interface LiveSubscription {
  readonly id: string;
  readonly customer: string;
  readonly status: string;
  readonly currency: string;
  readonly items: readonly { readonly id: string }[];
}

/** Changes a sandbox's account at random, as people and Stripe do. */
export class AccountDriver {
  private made = 0;
  /** Subscriptions that are left as they are. */
  readonly spared = new Set<string>();
  /** By kind, what was done; refused are changes that Stripe does not allow. */
  readonly done: Record<string, number> = {};

  constructor(
    private readonly sandbox: Sandbox,
    private readonly random: Random,
  ) {}

  /** One change. */
  change(): void {
    const kinds: Readonly<Record<string, () => void>> = {
      quantity: () => this.changeQuantity(),
      swap: () => this.swapPrice(),
      add: () => this.addItem(),
      remove: () => this.removeItem(),
      pause: () => this.pauseCollection(),
      cancelLater: () => this.cancelLater(),
      cancel: () => this.cancel(),
      status: () => this.changeStatus(),
      subscribe: () => this.subscribe(),
      renameProduct: () => this.renameProduct(),
    };
    const kind = this.random.pick(Object.keys(kinds) as [string, ...string[]]);
    let result = kind;
    try {
      kinds[kind]?.();
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
      result = 'refused';
    }
    this.done[result] = (this.done[result] ?? 0) + 1;
  }

  private live(): LiveSubscription {
    const all = this.sandbox.truth().subscriptions;
    const live = all.filter(({ status, currency, id }) => !['canceled', 'incomplete_expired'].includes(status) && currency === 'usd' && !this.spared.has(id));
    const chosen = live[this.random.below(live.length)];
    if (chosen === undefined) {
      throw new Error('Nothing is left to change.');
    }
    return chosen;
  }

  private item(subscription: LiveSubscription): string {
    return subscription.items[this.random.below(subscription.items.length)]?.id ?? '';
  }

  private changeQuantity(): void {
    const subscription = this.live();
    this.sandbox.mutate.updateSubscription(subscription.id, { items: [{ id: this.item(subscription), quantity: this.random.below(6) }] });
  }

  private swapPrice(): void {
    const subscription = this.live();
    this.sandbox.mutate.updateSubscription(subscription.id, { items: [{ id: this.item(subscription), price: this.random.pick(PRICES) }] });
  }

  private addItem(): void {
    this.sandbox.mutate.updateSubscription(this.live().id, { items: [{ price: this.random.pick(PRICES), quantity: 1 }] });
  }

  private removeItem(): void {
    const subscription = this.live();
    this.sandbox.mutate.updateSubscription(subscription.id, { items: [{ id: this.item(subscription), deleted: true }] });
  }

  private pauseCollection(): void {
    this.sandbox.mutate.updateSubscription(this.live().id, { pause_collection: this.random.chance(0.5) ? { behavior: 'void' } : '' });
  }

  private cancelLater(): void {
    this.sandbox.mutate.updateSubscription(this.live().id, { cancel_at_period_end: this.random.chance(0.5) });
  }

  private cancel(): void {
    this.sandbox.mutate.cancelSubscription(this.live().id);
  }

  private changeStatus(): void {
    this.sandbox.changes.changeSubscription(this.live().id, { status: this.random.pick(['active', 'past_due', 'unpaid', 'paused', 'trialing']) });
  }

  private subscribe(): void {
    this.made += 1;
    const customer = this.random.chance(0.5)
      ? this.sandbox.mutate.createCustomer({ email: `new.${this.made}@live.example`, name: `New ${this.made}` }).id
      : this.live().customer;
    this.sandbox.mutate.createSubscription({ customer, items: [{ price: this.random.pick(PRICES) }] });
  }

  private renameProduct(): void {
    this.made += 1;
    this.sandbox.mutate.updateProduct('prod_AcmeTeam', { name: `Team ${this.made}` });
  }
}

/** A refusal of the sandbox, which is Stripe's: no reason for a test to fail. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'ApiFault';
}
