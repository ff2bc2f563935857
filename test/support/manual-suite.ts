import { randomUUID } from 'node:crypto';

import { IssueDeriver, ManualSubscriptionService } from '@app/subscriptions';

import type { TestAnswer } from './api.js';
import { priceOf, subscriptionOf } from './snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from './stripe-world.js';

export interface Subscription {
  id: string;
  userId: string;
  packageId: string;
  status: string;
  source: string;
  createdBy: string | null;
  quantity: number | null;
  givesAccess: boolean;
  startedAt: string;
  cancelAt: string | null;
  endedAt: string | null;
  stripe: unknown;
}

export interface Problem {
  code: string;
  detail: string;
  errors: { pointer?: string; detail: string }[];
}

interface Check {
  access: boolean;
  reason: { code: string };
  consumption: { budget: number | null } | null;
  why: { subscriptions: { code: string; text: string; status: string; createdBy: string | null; stripe: unknown }[] };
}

/** A change of what a user has; `by`: whether it is put down to the key that made the subscription. */
interface Change {
  before: { quantity: number; accessUntil: string | null } | null;
  after: { quantity: number; accessUntil: string | null } | null;
  cause: string;
  by: boolean;
  at: string;
}

const HOUR = 3_600_000;

/**
 * An api with a catalog of base packages (gold, team), add-ons (more seats, only gold, free), one archived (old) and one
 * draft; one user after the other, a day apart. `seats` come 10 with gold, 5 with team, 1 more with each of more seats.
 */
export class ManualSuite {
  private number = 0;
  /** The test's own user. */
  user = '';

  private constructor(readonly world: StripeWorld) {}

  static async start(): Promise<ManualSuite> {
    const world = await startStripeWorld();
    await world.connect(ONLY);
    await must(world.api.post('/v1/features', { id: 'seats', name: 'Seats', type: 'CONSUMABLE' }));
    const scaling = (limit: number) => ({ features: [{ featureId: 'seats', limit, scalesWithQuantity: true }] });
    await world.publish('gold', scaling(10));
    await world.publish('team', scaling(5));
    await world.publish('more seats', { ...scaling(1), isAddon: true, limitsAdd: true });
    await world.publish('only gold', { isAddon: true, basePackageIds: ['gold'] });
    await world.publish('free', { isAddon: true, requiresBase: false });
    await world.publish('old');
    await must(world.api.post('/v1/packages/old/archive'));
    await world.draft('draft');
    await world.prices(['price_gold', 'price_team', 'price_more'].map((id) => priceOf(id)));
    await world.map({ price_gold: 'gold', price_team: 'team', price_more: 'more seats' });
    return new ManualSuite(world);
  }

  /** A user whom no other test has. */
  async nextUser(): Promise<void> {
    this.number += 1;
    this.user = `user ${this.number}`;
    this.world.api.clock.set(new Date(Date.parse('2026-03-01T12:00:00.000Z') + this.number * 24 * HOUR));
    await must(this.world.api.post('/v1/users', { id: this.user, email: `u${this.number}@x.example` }));
  }

  inHours(hours: number): string {
    return new Date(this.world.api.clock.now().getTime() + hours * HOUR).toISOString();
  }

  /** @param idempotencyKey null = without the header */
  async post<Body>(path: string, body?: unknown, idempotencyKey: string | null = randomUUID()): Promise<TestAnswer<Body>> {
    const { url, adminKey } = this.world.api;
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  }

  subscribe<Body = { data: Subscription[] }>(packageIds: readonly string[], difference: object = {}): Promise<TestAnswer<Body>> {
    return this.post('/v1/subscriptions', { userId: this.user, packageIds, billing: 'KANA', ...difference });
  }

  /** The ids of new subscriptions. */
  async given(packageIds: readonly string[], difference: object = {}): Promise<string[]> {
    return (await must(this.subscribe(packageIds, difference))).data.map(({ id }) => id);
  }

  cancel<Body = Subscription>(id: string | undefined, body: object = {}): Promise<TestAnswer<Body>> {
    return this.post(`/v1/subscriptions/${id ?? ''}/cancel`, body);
  }

  resume<Body = Subscription>(id: string | undefined): Promise<TestAnswer<Body>> {
    return this.post(`/v1/subscriptions/${id ?? ''}/resume`);
  }

  read(id: string | undefined): Promise<Subscription> {
    return must(this.world.api.get<Subscription>(`/v1/subscriptions/${id ?? ''}`));
  }

  check(featureId: string): Promise<Check> {
    return must(this.world.api.get<Check>(`/v1/users/${encodeURIComponent(this.user)}/entitlements/${encodeURIComponent(featureId)}?explain=true`));
  }

  /** Package and status of each subscription in the user's list, sorted. */
  async list(query = ''): Promise<string[]> {
    const { data } = await must(this.world.api.get<{ data: Subscription[] }>(`/v1/subscriptions?userId=${encodeURIComponent(this.user)}${query}`));
    return data.map(({ packageId, status }) => `${packageId} ${status}`).toSorted();
  }

  sweep(): Promise<number> {
    return this.world.api.app.get(ManualSubscriptionService, { strict: false }).endWhatIsDue();
  }

  changes(id: string | undefined): Promise<Change[]> {
    return this.world.sql<Change>(
      `select before, after, cause, cause_id = p.created_by as by, to_char(changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
         from entitlement_change c join package_subscription p on p.id = c.package_subscription_id where p.id = $1 order by c.id`,
      [id],
    );
  }

  /** The kinds of the user's open issues. */
  async issues(): Promise<string[]> {
    const rows = await this.world.sql<{ kind: string }>(
      `select kind from sync_issue where status = 'OPEN' and subject_id = (select user_key from user_name where name = $1) order by 1`,
      [this.user],
    );
    return rows.map(({ kind }) => kind);
  }

  /** The user becomes a customer of Stripe, subscribed to these prices; gives the ids of the package subscriptions. */
  async pays(priceIds: readonly string[], difference: object = {}): Promise<string[]> {
    const { number } = this;
    const customer = { id: `cus_${number}`, email: `u${number}@x.example`, name: null, deleted: false, createdAt: this.inHours(-1), userIdHint: null };
    const { touched } = await this.world.apply({ subscriptions: [subscriptionOf(`sub_${number}`, priceIds, difference)], customers: [customer] });
    // As whoever applies does in the end: a page's run, the events' worker.
    await this.world.api.app.get(IssueDeriver, { strict: false }).refresh(this.world.em(), ONLY, touched);
    const rows = await this.world.sql<{ id: string }>(`select id from package_subscription where stripe_subscription_id = $1 order by id`, [`sub_${number}`]);
    return rows.map(({ id }) => id);
  }
}

/** Status, code and pointers of an answer that is no success. */
export function refusal({ status, body }: TestAnswer<Problem>): unknown[] {
  return [status, body.code, ...body.errors.map(({ pointer }) => pointer)];
}
