import { IdFactory } from '@app/common';
import type { SubscriptionSnapshot } from '@app/stripe';
import { IssueDeriver } from '@app/subscriptions';
import { ImportLedger, ImportRunService, type PageCounts, RangeLedger } from '@app/sync';

import { customerOf, priceOf, subscriptionOf } from './snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld, type TestBatch } from './stripe-world.js';

/** An issue as the api shows it. */
export interface Issue {
  id: string;
  kind: string;
  status: string;
  connectionId: string;
  subject: { type: string; id: string; name: string | null };
  text: string;
  cure: string;
  fixes: { fix: string; title: string; method: string; href: string; body?: Record<string, unknown>; missing: string[] }[];
  impact: { subscriptions: number; users: number; monthly?: { amount: number; currency: string }[]; unknownItems?: number };
  evidence: Record<string, unknown>;
  openedAt: string;
  closedAt: string | null;
  ignored: { by: string; at: string; reason: string; until: string | null } | null;
}

export const OTHER = 'conn_other';
export const ENDED = { status: 'canceled', endedAt: '2026-02-10T00:00:00.000Z' };
const PRICES = { price_team: 'team', price_business: 'business', price_seats: 'seats', price_support: 'support', price_old: 'old' };
const NOTHING = { created: 0, updated: 0, unchanged: 0, parked: 0, partly_parked: 0, matched_by_billing_id: 0, matched_by_metadata: 0, matched_by_email: 0, users_created: 0, conflicts: 0 };

/** Two accounts with a catalog; each test has a subscription, a customer and a price of its own. */
export class IssueSuite {
  private number = 0;
  sub = '';
  cus = '';
  price = '';

  private constructor(readonly world: StripeWorld) {}

  static async start(): Promise<IssueSuite> {
    const world = await startStripeWorld();
    for (const connection of [ONLY, OTHER]) {
      await world.connect(connection);
      await world.prices(Object.keys(PRICES).map((id) => priceOf(id)), connection);
    }
    for (const id of ['team', 'business', 'old']) {
      await world.publish(id);
    }
    await world.publish('seats', { isAddon: true });
    await world.publish('support', { isAddon: true, basePackageIds: ['business'] });
    await world.map(PRICES, ONLY);
    await world.map(PRICES, OTHER);
    return new IssueSuite(world);
  }

  /** New names, at a later time. */
  async next(): Promise<void> {
    this.number += 1;
    [this.sub, this.cus, this.price] = [`sub_${this.number}`, `cus_${this.number}`, `price_${this.number}`];
    this.world.api.clock.advance(60_000);
    await this.world.prices([priceOf(this.price)]);
  }

  /** A name of this test's own. */
  own(name: string): string {
    return `${name}${this.number}`;
  }

  /** What customers made by these suites have. */
  email(): string {
    return `${this.number}@x.example`;
  }

  deriver(): IssueDeriver {
    return this.world.api.app.get(IssueDeriver, { strict: false });
  }

  refresh(connectionId = ONLY): Promise<void> {
    return this.deriver().refresh(this.world.em(), connectionId);
  }

  /** Carries a batch over and looks at what it has touched, as the worker does with events. */
  async carry(batch: TestBatch): Promise<void> {
    this.world.api.clock.advance(1000);
    const { touched } = await this.world.apply(batch);
    await this.deriver().refresh(this.world.em(), batch.connectionId ?? ONLY, touched);
  }

  mine(priceIds: string[], difference: Partial<SubscriptionSnapshot> = {}): { subscriptions: SubscriptionSnapshot[] } {
    return { subscriptions: [subscriptionOf(this.sub, priceIds, difference)] };
  }

  async listed(query: string): Promise<Issue[]> {
    return (await must(this.world.api.get<{ data: Issue[] }>(`/v1/sync/issues?limit=100&${query}`))).data;
  }

  async about(kind: string, subject: string): Promise<Issue[]> {
    return (await this.listed(`kind=${kind}`)).filter((issue) => issue.subject.id === subject);
  }

  async states(kind: string, subject: string): Promise<string[]> {
    return (await this.about(kind, subject)).map(({ status }) => status);
  }

  /** The one that stands, open or ignored. */
  async standing(kind: string, subject: string): Promise<Issue> {
    const [issue, ...others] = (await this.about(kind, subject)).filter(({ status }) => status !== 'CLOSED');
    if (issue === undefined || others.length > 0) {
      throw new Error(`${kind} ${subject} has ${others.length + (issue === undefined ? 0 : 1)} issues that stand.`);
    }
    return issue;
  }

  makeUser(id: string, rest: object): Promise<unknown> {
    return must(this.world.api.post('/v1/users', { id, ...rest }));
  }

  patchUser(id: string, changes: object): Promise<unknown> {
    return must(this.world.api.patch(`/v1/users/${encodeURIComponent(id)}`, changes));
  }

  /** A run that met these subscriptions and could not store them; complete unless it is said to go on. */
  async runWith(failed: string[], complete = true): Promise<void> {
    this.world.api.clock.advance(1000);
    const { clock } = this.world.api;
    const ledger = new ImportLedger(this.world.em(), clock);
    await new ImportRunService(this.world.em(), clock, new IdFactory(clock)).request(ONLY, 'key_test');
    const run = await ledger.claim(ONLY, 'test');
    if (run === null) {
      throw new Error('No run to claim.');
    }
    const ranges = new RangeLedger(this.world.em());
    await ranges.begin(run, 1, 'SUBSCRIPTIONS');
    const [range = { number: 0, fence: 0 }] = await ranges.claim(run, 'SUBSCRIPTIONS', 'test', 1);
    const counts: PageCounts = { ...NOTHING, failed: failed.length };
    const rows = failed.map((id) => ({ stripeSubscriptionId: id, result: 'FAILED' as const, userKey: null, matchedBy: null, packages: [], reasons: ['item.id is no id'], parkedItems: 0 }));
    await this.world.em().transactional((em) => ranges.recordPage(em, run, range, counts, rows));
    if (complete) {
      await this.world.em().transactional((em) => ledger.complete(em, run));
    }
    await this.refresh();
  }

  withoutEmail(): TestBatch {
    return { ...this.mine(['price_team']), customers: [customerOf(this.cus, { email: null })] };
  }
}
