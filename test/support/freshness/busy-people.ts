import { Random } from '../../../apps/sandbox/src/account/random.js';
import { must, ONLY, type StripeWorld } from '../stripe-world.js';
import type { Prices } from './draw-subscription.js';

type Status = 'DRAFT' | 'PUBLISHED' | 'ARCHIVED';

interface PeopleOptions {
  readonly seed: string;
  readonly prices: Prices;
  /** How much they do. */
  readonly deeds: number;
  /** Negative control: prices are mapped behind Kana's back, which so converts nothing that waits. */
  readonly forgets?: boolean;
}

const PACKAGES = ['package_0', 'package_1', 'package_2', 'package_3', 'package_4', 'package_5', 'package_6', 'package_7'] as const;
/** As long as things happen in a `LiveWorld`. */
const SECONDS = 130;
const REFUSALS = [409, 422];

/** People who map prices and publish packages while the account goes on; what holds in the end is known from what they were told. */
export class BusyPeople {
  private readonly random: Random;
  private readonly statuses = new Map<string, Status>();
  private readonly mapping = new Map<string, string>();
  /** By kind, how often something was done; refused is what the rules do not allow at the time. */
  readonly done: Record<string, number> = {};

  constructor(
    private readonly world: StripeWorld,
    private readonly options: PeopleOptions,
  ) {
    this.random = new Random(`people ${options.seed}`);
  }

  /** The packages, half of them drafts; nothing is mapped yet. */
  async prepare(): Promise<void> {
    for (const [index, id] of PACKAGES.entries()) {
      const isDraft = index % 2 === 0;
      await (isDraft ? this.world.draft(id) : this.world.publish(id));
      this.statuses.set(id, isDraft ? 'DRAFT' : 'PUBLISHED');
    }
  }

  agenda(): { seconds: number; act(): Promise<void> }[] {
    const times = Array.from({ length: this.options.deeds }, () => this.random.below(SECONDS)).toSorted((one, other) => one - other);
    return times.map((seconds) => ({ seconds, act: () => this.act() }));
  }

  /** Which package each price stands for by now: what is mapped to a draft waits. */
  standing(): Record<string, string> {
    return Object.fromEntries([...this.mapping].filter(([, packageId]) => this.statuses.get(packageId) !== 'DRAFT'));
  }

  private act(): Promise<void> {
    const price = this.random.pick(this.options.prices);
    const packageId = this.random.pick(PACKAGES);
    return this.random.weighted<() => Promise<void>>([
      [() => this.map(price, packageId), 6],
      [() => this.publish(packageId), 2],
      [() => this.archive(packageId), 0.5],
      [() => this.try('ignore', this.world.api.post(`/v1/stripe/prices/${price}/ignore`, { reason: 'Consulting' })).then(() => undefined), 1],
      [() => this.try('unignore', this.world.api.post(`/v1/stripe/prices/${price}/unignore`)).then(() => undefined), 1],
    ])();
  }

  private async map(price: string, packageId: string): Promise<void> {
    if (this.options.forgets === true) {
      await this.world.sql(
        `insert into price_mapping (connection_id, price_id, id, package_id, mapped_by, mapped_at, revision) values ($1, $2, $2, $3, 'USER', now(), 1) on conflict do nothing`,
        [ONLY, price, packageId],
      );
      this.mapping.set(price, this.mapping.get(price) ?? packageId);
      return;
    }
    if (await this.try(this.mapping.has(price) ? 'remap' : 'map', this.world.api.put(`/v1/stripe/prices/${price}/mapping`, { packageId }))) {
      this.mapping.set(price, packageId);
    }
  }

  private async publish(id: string): Promise<void> {
    if (await this.try('publish', this.world.api.post(`/v1/packages/${id}/publish`))) {
      this.statuses.set(id, 'PUBLISHED');
    }
  }

  private async archive(id: string): Promise<void> {
    if (await this.try('archive', this.world.api.post(`/v1/packages/${id}/archive`))) {
      this.statuses.set(id, 'ARCHIVED');
    }
  }

  /** Whether it was done. */
  private async try(kind: string, answer: Promise<{ status: number; body: unknown }>): Promise<boolean> {
    const { status, body } = await answer;
    const isRefused = REFUSALS.includes(status);
    const name = isRefused ? `${kind} refused` : kind;
    this.done[name] = (this.done[name] ?? 0) + 1;
    if (!isRefused) {
      await must(Promise.resolve({ status, body }));
    }
    return !isRefused;
  }
}
