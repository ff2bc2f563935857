import { type CustomerSnapshot, StripeConnection, type SubscriptionSnapshot } from '@app/stripe';
import { addTouched, ConversionService, IssueDeriver, ManualSubscriptionService, ObjectSettler, type ReadingResult, type ReadingsApplied, type Touched } from '@app/subscriptions';
import { type IncomingEvent, SyncEventInbox } from '@app/sync';

import { RequestContext } from '@mikro-orm/core';

import { Random } from '../../../apps/sandbox/src/account/random.js';
import type { TestAnswer } from '../api.js';
import type { Issue } from '../issue-suite.js';
import { eventOf, T } from '../settle-suite.js';
import { customerOf, itemOf, priceOf, subscriptionOf } from '../snapshots.js';
import { must, ONLY, type StripeWorld } from '../stripe-world.js';

const CUSTOMERS = 16;
const PRICES = Array.from({ length: 14 }, (_, index) => `price_${index}`) as [string, ...string[]];
const PACKAGES = ['base_a', 'base_b', 'base_c', 'draft_a', 'draft_b', 'addon_any', 'addon_a'] as const;
const HOUR = 3_600_000;
const STATUSES = ['active', 'active', 'active', 'active', 'trialing', 'past_due', 'canceled', 'paused', 'on_hold'] as const;

/** What people and Stripe do to an account at random, one thing at a time; issues are looked at as the worker looks at them. */
export class BusyAccount {
  private readonly random: Random;
  private at = T;
  /** What Stripe has, by subscription. */
  private readonly truth = new Map<string, SubscriptionSnapshot>();
  private users = 0;
  /** How often each fix was done. */
  readonly fixes = new Map<string, number>();
  private readonly deeds: readonly (readonly [() => Promise<unknown>, number])[] = [
    [() => this.changeSubscription(), 10],
    [() => this.changeCustomer(), 4],
    [() => this.map(), 2],
    [() => this.post(`/v1/packages/${this.random.pick(PACKAGES)}/publish`), 1],
    [() => this.archive(), 0.2],
    [() => this.post(`/v1/stripe/prices/${this.random.pick(PRICES)}/${this.random.pick(['ignore', 'unignore'])}`, { reason: 'Consulting' }), 1],
    [() => this.makeUser(), 2],
    [() => this.editUser(), 2],
    [() => this.subscribe(), 2],
    [() => this.cancel(), 1],
    [() => this.letTimePass(), 0.5],
    [() => this.changeSettings(), 0.5],
    [() => this.nameBasePackage(), 0.5],
    [() => this.rule(), 0.5],
    [() => this.die(), 0.5],
    [() => this.fix(), 3],
    [() => this.ignore(), 1],
  ];

  constructor(
    private readonly world: StripeWorld,
    seed: string,
    /** Negative control: issues about these are forgotten to be looked at. */
    private readonly forgets: keyof Exclude<Touched, 'ALL'> | null = null,
  ) {
    this.random = new Random(seed);
  }

  async prepare(): Promise<void> {
    await this.world.connect(ONLY);
    await this.world.prices(PRICES.map((id) => priceOf(id)));
    for (const id of PACKAGES) {
      const make = id.startsWith('draft') ? this.world.draft : this.world.publish;
      await make(id, id.startsWith('addon') ? { isAddon: true, basePackageIds: id === 'addon_a' ? ['base_a'] : [] } : {});
    }
    await this.world.map(Object.fromEntries(PACKAGES.map((id, index) => [`price_${index}`, id])));
  }

  /** One thing happens; gives what. */
  async step(): Promise<void> {
    // So little that nothing ends by it: that is `letTimePass`.
    this.world.api.clock.advance(1);
    this.at += 10;
    await this.random.weighted(this.deeds as [(typeof this.deeds)[number]])();
  }

  private changeSubscription(): Promise<void> {
    const number = this.random.below(CUSTOMERS * 2);
    const id = `sub_${number}`;
    const items = [0, 1, 2].flatMap((slot) => (slot > 0 && this.random.chance(0.6) ? [] : [itemOf(`si_${number}_${slot}`, this.random.pick(PRICES), { quantity: this.random.pick([1, 1, 2, 0, null]) })]));
    const status = this.random.pick(STATUSES);
    return this.happen(subscriptionOf(id, [], { customerId: `cus_${number % CUSTOMERS}`, status, endedAt: status === 'canceled' ? '2026-06-01T00:00:00.000Z' : null, items }));
  }

  private changeCustomer(): Promise<void> {
    return this.happen(this.drawCustomer(`cus_${this.random.below(CUSTOMERS)}`));
  }

  private drawCustomer(id: string): CustomerSnapshot {
    const userIdHint = this.random.pick<string | null>([null, null, null, null, null, null, `named_${this.random.below(6)}`, ' bad ']);
    return customerOf(id, { email: this.random.pick<string | null>([null, this.email(), this.email(), this.email()]), userIdHint, deleted: this.random.chance(0.05) });
  }

  private email(): string {
    return `${this.random.below(12)}@x.example`;
  }

  /** Told by an event, whole or not; what is read then shows the same. */
  private async happen(body: SubscriptionSnapshot | CustomerSnapshot): Promise<void> {
    if ('customerId' in body) {
      this.truth.set(body.id, body);
    }
    const event = eventOf(`evt_${this.at}`, this.at, body, this.random.chance(0.3) ? { body: null, servable: false } : {});
    await this.receive(event);
    const settler = this.world.api.app.get(ObjectSettler, { strict: false });
    const connection = await this.world.em().findOneOrFail(StripeConnection, { id: ONLY });
    for (let objects = 1; objects > 0; ) {
      const claimed = await settler.claim(connection, 'test', 100);
      const results = claimed.pending.map((pending): ReadingResult => ({ pending, bounds: { from: this.at, to: this.at + 1 }, found: this.found(pending.lease.object.id, body) }));
      await this.follow([claimed, await settler.complete(connection, results)]);
      objects = claimed.objects;
    }
  }

  private found(id: string, body: SubscriptionSnapshot | CustomerSnapshot) {
    const snapshot = this.truth.get(id);
    if (snapshot !== undefined) {
      return { type: 'SUBSCRIPTION', snapshot, customer: this.drawCustomer(snapshot.customerId), newPrices: [], newProducts: [] } as const;
    }
    return { type: 'CUSTOMER', snapshot: id === body.id && !('customerId' in body) ? body : this.drawCustomer(id) } as const;
  }

  private async receive(event: IncomingEvent): Promise<void> {
    await this.world.api.app.get(SyncEventInbox, { strict: false }).receive(this.world.em(), ONLY, 'WEBHOOK', [event]);
  }

  private async follow(applied: readonly ReadingsApplied[]): Promise<void> {
    const relinked = applied.flatMap((one) => one.relinked);
    if (relinked.length > 0) {
      const conversions = this.world.api.app.get(ConversionService, { strict: false });
      await RequestContext.create(this.world.em(), () => conversions.convert(ONLY, { kind: 'CUSTOMERS', customerIds: relinked }, { kind: 'EVENT', id: ONLY }));
    }
    await this.look(applied.map(({ touched }) => touched).reduce(addTouched));
  }

  private async look(touched: Touched): Promise<void> {
    const seen = touched === 'ALL' || this.forgets === null ? touched : { ...touched, [this.forgets]: [] };
    await this.world.api.app.get(IssueDeriver, { strict: false }).refresh(this.world.em(), ONLY, seen);
  }

  private async die(): Promise<void> {
    await this.world.sql(`update sync_event set result = 'DEAD' where id = (select id from sync_event order by received_at desc limit 1)`);
    await this.look({});
  }

  private async issues(status: string): Promise<Issue[]> {
    return (await must(this.world.api.get<{ data: Issue[] }>(`/v1/sync/issues?limit=100&status=${status}`))).data;
  }

  /** One of the fixes that are offered and need nothing more. */
  private async fix(): Promise<void> {
    const ready = (await this.issues('OPEN')).flatMap(({ fixes }) => fixes.filter(({ missing }) => missing.length === 0));
    const fix = ready[this.random.below(ready.length)];
    if (fix !== undefined) {
      const { status } = await this.world.api.post(fix.href, fix.body);
      this.fixes.set(fix.fix, (this.fixes.get(fix.fix) ?? 0) + Number(status === 200));
    }
  }

  private async ignore(): Promise<void> {
    const action = this.random.pick(['ignore', 'ignore', 'unignore'] as const);
    const issues = await this.issues(action === 'ignore' ? 'OPEN' : 'IGNORED');
    const issue = issues[this.random.below(issues.length)];
    if (issue !== undefined) {
      await must(this.post(`/v1/sync/issues/${issue.id}/${action}`, action === 'ignore' ? { reason: 'On purpose' } : undefined));
    }
  }

  private map(): Promise<unknown> {
    return this.world.api.put(`/v1/stripe/prices/${this.random.pick(PRICES)}/mapping`, { packageId: this.random.pick(PACKAGES) });
  }

  private archive(): Promise<unknown> {
    return this.post(`/v1/packages/${this.random.pick(['base_c', 'draft_b'])}/archive`);
  }

  private async makeUser(): Promise<unknown> {
    this.users += 1;
    const billingId = this.random.chance(0.3) ? `cus_${this.random.below(CUSTOMERS)}` : undefined;
    return this.world.api.post('/v1/users', { id: `own_${this.users}`, email: this.random.chance(0.8) ? this.email() : undefined, billingId, emailVerified: this.random.chance(0.3) });
  }

  private async editUser(): Promise<unknown> {
    const user = this.random.chance(0.3) ? ((await this.anyUser()) ?? '') : `own_${1 + this.random.below(Math.max(1, this.users))}`;
    return this.world.api.patch(`/v1/users/${encodeURIComponent(user)}`, this.random.pick<object>([{ email: this.email() }, { email: null }, { billingId: `cus_${this.random.below(CUSTOMERS)}` }, { emailVerified: true }]));
  }

  private async subscribe(): Promise<void> {
    const userId = await this.anyUser();
    if (userId !== undefined) {
      const cancelAt = this.random.chance(0.5) ? this.atHalfPast() : undefined;
      await this.send('/v1/subscriptions', { userId, packageIds: [this.random.pick(PACKAGES)], billing: 'KANA', cancelAt });
    }
  }

  private async cancel(): Promise<void> {
    const { data } = await must(this.world.api.get<{ data: { id: string }[] }>('/v1/subscriptions?source=KANA&limit=50'));
    const one = data[this.random.below(data.length)];
    if (one !== undefined) {
      await this.send(`/v1/subscriptions/${one.id}/cancel`, this.random.chance(0.5) ? { cancelAt: this.atHalfPast() } : { withAddons: true });
    }
  }

  private async anyUser(): Promise<string | undefined> {
    const { data } = await must(this.world.api.get<{ data: { id: string }[] }>('/v1/users?limit=50'));
    return data[this.random.below(data.length)]?.id;
  }

  /** Hours go by; what ends meanwhile is ended, or found by the look at everything, as by the worker's sweeps. */
  private async letTimePass(): Promise<void> {
    this.world.api.clock.advance(this.random.pick([1, 3, 24]) * HOUR);
    if (this.random.chance(0.5)) {
      await this.world.api.app.get(ManualSubscriptionService, { strict: false }).endWhatIsDue();
    }
    await this.look('ALL');
  }

  private atHalfPast(): string {
    const now = this.world.api.clock.now().getTime();
    return new Date(now - (now % HOUR) + (this.random.below(6) + 1.5) * HOUR).toISOString();
  }

  private changeSettings(): Promise<unknown> {
    return this.world.api.patch(`/v1/stripe/connections/${ONLY}`, { settings: { pastDueGraceDays: this.random.pick([0, 30, 31, 60]), pausedCollectionGivesAccess: this.random.chance(0.7) } });
  }

  private nameBasePackage(): Promise<unknown> {
    return this.world.api.patch(`/v1/stripe/connections/${ONLY}/products/prod_${this.random.pick(PRICES)}`, { basePackageId: this.random.pick([null, 'base_a', 'base_b']) });
  }

  private rule(): Promise<unknown> {
    return this.post('/v1/stripe/mapping-rules', { productId: `prod_${this.random.pick(PRICES)}`, packageId: this.random.pick(PACKAGES), applyToExisting: true });
  }

  private post(path: string, body?: object): Promise<TestAnswer<unknown>> {
    return this.world.api.post(path, body);
  }

  private async send(path: string, body: object): Promise<void> {
    const headers = { authorization: `Bearer ${this.world.api.adminKey}`, 'content-type': 'application/json', 'idempotency-key': `key_${this.at}` };
    await (await fetch(`${this.world.api.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).text();
  }
}
