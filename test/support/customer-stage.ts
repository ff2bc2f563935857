import type { CustomerSnapshot, SubscriptionSnapshot } from '@app/stripe';
import { IssueDeriver, SubscriptionApplier } from '@app/subscriptions';

import { customerOf, priceOf, subscriptionOf } from './snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from './stripe-world.js';

export const TEAM = 'price_team';
export const CALLS = 'price_calls';
export const OLD = '2024-01-01T00:00:00.000Z';
export const NEW = '2025-01-01T00:00:00.000Z';

export interface User {
  id: string;
  aliases: string[];
  name: string | null;
  email: string | null;
  emailVerified: boolean;
  billingId: string | null;
  sources: Record<string, string | null>;
}

export interface Link {
  customerId: string;
  matchedBy: string;
  matchedValue: string | null;
  primary: boolean;
  email: string | null;
  name: string | null;
  deleted: boolean;
  differs: string[];
  conflict: string | null;
}

/** A world with prices for two packages (`calls` is counted), in which each test has customers and emails that no other has. */
export class CustomerStage {
  number = 0;
  ann = '';
  bob = '';

  constructor(readonly world: StripeWorld) {}

  next(): void {
    this.number += 1;
    [this.ann, this.bob] = [`ann${this.number}@x.example`, `bob${this.number}@x.example`];
    this.world.api.clock.advance(60_000);
  }

  /** The test's customer of this letter. */
  cus(letter: string, facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot {
    return customerOf(`cus_${this.number}${letter}`, { email: this.ann, createdAt: NEW, ...facts });
  }

  gone(letter: string): CustomerSnapshot {
    return this.cus(letter, { email: null, name: null, deleted: true, createdAt: null });
  }

  paid(letter: string, status = 'active', price = TEAM): SubscriptionSnapshot {
    return subscriptionOf(`sub_${this.number}${letter}`, [price], { customerId: `cus_${this.number}${letter}`, status });
  }

  /** As what comes about customers alone. */
  async show(...customers: CustomerSnapshot[]): ReturnType<SubscriptionApplier['applyCustomers']> {
    const { api, em } = this.world;
    api.clock.advance(1000);
    const batch = { connectionId: ONLY, emailMatch: 'AUTO' as const, customers, at: api.clock.now() };
    return em().transactional((transaction) => api.app.get(SubscriptionApplier, { strict: false }).applyCustomers(transaction, batch));
  }

  async user(id: string): Promise<User> {
    return must(this.world.api.get<User>(`/v1/users/${encodeURIComponent(id)}`));
  }

  async links(id: string): Promise<Link[]> {
    return (await must(this.world.api.get<{ data: Link[] }>(`/v1/users/${encodeURIComponent(id)}/links`))).data;
  }

  async make(id: string, facts: object): Promise<void> {
    await must(this.world.api.post('/v1/users', { id, ...facts }));
  }

  async edit(id: string, changes: object): Promise<void> {
    await must(this.world.api.patch(`/v1/users/${encodeURIComponent(id)}`, changes));
  }

  /** The open issues about the test's customers, as `KIND letter`. */
  async openIssues(): Promise<string[]> {
    await this.world.api.app.get(IssueDeriver, { strict: false }).refresh(this.world.em(), ONLY);
    const rows = await this.world.sql<{ kind: string; subject_id: string }>(
      `select kind, subject_id from sync_issue where status = 'OPEN' and subject_id like $1 order by 1, 2`, [`cus\\_${this.number}_`]);
    return rows.map((row) => `${row.kind} ${row.subject_id.slice(-1)}`);
  }
}

export async function openCustomerStage(): Promise<CustomerStage> {
  const world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices([TEAM, CALLS].map((id) => priceOf(id)));
  await world.publish('team');
  await must(world.api.post('/v1/features', { id: 'calls', name: 'Calls', type: 'CONSUMABLE', unitLabel: 'call', unitLabelPlural: 'calls' }));
  await must(world.api.post('/v1/packages', { id: 'calls', name: 'Calls', features: [{ featureId: 'calls', limit: 100, resetPeriod: 'MONTH' }] }));
  await must(world.api.post('/v1/packages/calls/publish'));
  await world.map({ [TEAM]: 'team', [CALLS]: 'calls' });
  return new CustomerStage(world);
}
