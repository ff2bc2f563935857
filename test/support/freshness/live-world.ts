import type { CustomerSnapshot, SubscriptionSnapshot } from '@app/stripe';
import { type FoundObject, ObjectSettler, PageApplier, type PendingReading, type ReadingResult } from '@app/subscriptions';
import { type IncomingEvent, SyncEventInbox } from '@app/sync';
import { StripeConnection } from '@app/stripe';

import { Random } from '../../../apps/sandbox/src/account/random.js';
import { Agenda } from '../agenda.js';
import { eventOf } from '../settle-suite.js';
import { ONLY, type StripeWorld } from '../stripe-world.js';
import { type Delivery, drawHistory, type History, type Request, type Version } from './draw-history.js';
import { drawCustomer, drawSubscription, type Prices } from './draw-subscription.js';
import { FRESHNESS } from './replay-history.js';

/** One subscription or customer with the life that it leads in Stripe. */
interface Life {
  readonly id: string;
  readonly history: History;
  /** Moved by as many milliseconds, whole seconds of them, so that not all happens at once. */
  readonly offset: number;
}

type Happening =
  | { readonly kind: 'DELIVER'; readonly life: Life; readonly delivery: Delivery }
  | { readonly kind: 'ANSWER'; readonly result: ReadingResult }
  | { readonly kind: 'SWEEP'; readonly lives: readonly Life[]; readonly request: Request }
  | { readonly kind: 'PAGE'; readonly page: Page };

interface Page {
  readonly subscriptions: SubscriptionSnapshot[];
  readonly customers: CustomerSnapshot[];
  readonly span: { readonly lo: number; readonly hi: number };
}

export interface LiveOptions {
  readonly seed: string;
  readonly lives: number;
  /** What is paid by, where that is not what it is everywhere. */
  readonly prices?: Prices;
  /** How pages are applied; the negative control does it blindly. */
  readonly blindPages?: boolean;
  /** What people do meanwhile, by seconds from the beginning: one thing after the other, beside what happens at the time. */
  readonly meanwhile?: readonly { readonly seconds: number; readonly act: () => Promise<void> }[];
}

const SPREAD_SECONDS = 120;
/** Events that came within as much are looked at together. */
const TICK_MS = 600;
const PAGE_SIZE = 50;
const PAGES = 80;
const SOON_MS = 1500;
const READ_AHEAD_MS = 6000;
const WORKERS = ['one', 'other'];
const TEST_RUN = 'imp_live';

/** Plays many lives at once to the real inbox, settler and pages, in virtual time; Stripe's answers come from the lives. */
export class LiveWorld {
  private readonly agenda = new Agenda<Happening>();
  private readonly subscriptions: Life[];
  private readonly customers: Life[];
  private readonly byId: ReadonlyMap<string, Life>;
  private readonly random: Random;
  private now = 0;
  reads = 0;

  constructor(
    private readonly world: StripeWorld,
    private readonly options: LiveOptions,
  ) {
    this.random = new Random(options.seed);
    const live = (id: string): Life => ({ id, history: drawHistory(this.random.fork(id)), offset: this.random.below(SPREAD_SECONDS) * 1000 });
    this.subscriptions = Array.from({ length: options.lives }, (_, index) => live(`sub_${index}`));
    this.customers = this.subscriptions.map(({ id }) => live(id.replace('sub_', 'cus_')));
    this.byId = new Map([...this.subscriptions, ...this.customers].map((life) => [life.id, life]));
  }

  async play(): Promise<void> {
    await this.prepare();
    const began = this.agenda.nextAt() ?? 0;
    const acts = (this.options.meanwhile ?? []).toSorted((one, other) => one.seconds - other.seconds);
    for (let at = this.agenda.nextAt(); at !== undefined; at = this.agenda.nextAt()) {
      this.now = at + TICK_MS;
      const due = acts.filter(({ seconds }) => began + seconds * 1000 <= at);
      acts.splice(0, due.length);
      await Promise.all([oneAfterTheOther(due), this.happen()]);
      await this.drain();
    }
    await oneAfterTheOther(acts);
  }

  /** What Stripe has in the end, by id. */
  final(): { subscriptions: SubscriptionSnapshot[]; customers: CustomerSnapshot[] } {
    const last = (life: Life): Version | undefined => life.history.versions.at(-1);
    return {
      subscriptions: this.subscriptions.flatMap((life) => this.subscriptionIn(life, last(life)) ?? []),
      customers: this.customers.flatMap((life) => this.customerIn(life, last(life)) ?? []),
    };
  }

  private async prepare(): Promise<void> {
    for (const life of [...this.subscriptions, ...this.customers]) {
      life.history.deliveries.forEach((delivery) => this.agenda.plan(delivery.at + life.offset, { kind: 'DELIVER', life, delivery }));
    }
    await this.world.sql(`insert into import_run (id, connection_id, kind, status, requested_by, requested_at, fence) values ($1, $2, 'IMPORT', 'RUNNING', 'key_test', now(), 1)`, [TEST_RUN, ONLY]);
    await this.world.sql(
      `insert into import_range (run_id, number, resource, done, pages, created, updated, unchanged, parked, failed, partly_parked,
                                 matched_by_billing_id, matched_by_metadata, matched_by_email, users_created, conflicts)
       values ($1, 1, 'SUBSCRIPTIONS', false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`,
      [TEST_RUN],
    );
    this.planPages(this.agenda.nextAt() ?? 0);
  }

  /** Pages of what is just about to change: a page that is read before a change and written after it does the harm. */
  private planPages(first: number): void {
    for (let page = 0; page < PAGES; page += 1) {
      const at = first + ((SPREAD_SECONDS * 1000) / PAGES) * (page + 0.5);
      const changing = this.subscriptions.filter(({ history, offset }) => history.versions.some((version) => version.at + offset > at && version.at + offset < at + SOON_MS));
      const request = changing[0]?.history.reads[page % 10];
      if (request !== undefined) {
        this.agenda.plan(at, { kind: 'SWEEP', lives: changing.slice(0, PAGE_SIZE), request });
      }
    }
  }

  /** All that lies within one tick, in its order. */
  private async happen(): Promise<void> {
    const events: IncomingEvent[] = [];
    const answers: ReadingResult[] = [];
    const pages: Page[] = [];
    for (let at = this.agenda.nextAt(); at !== undefined && at <= this.now; at = this.agenda.nextAt()) {
      const happening = this.agenda.next()?.entry;
      if (happening?.kind === 'DELIVER') {
        events.push(this.toEvent(happening.life, happening.delivery));
      } else if (happening?.kind === 'ANSWER') {
        answers.push(happening.result);
      } else if (happening?.kind === 'SWEEP') {
        this.sweep(at, happening.lives, happening.request);
      } else if (happening?.kind === 'PAGE') {
        pages.push(happening.page);
      }
    }
    const inbox = this.world.api.app.get(SyncEventInbox, { strict: false });
    // One by one, as webhooks come: of two with one id the second is a duplicate.
    await Promise.all(events.map((event) => inbox.receive(this.world.em(), ONLY, 'WEBHOOK', [event])));
    if (answers.length > 0) {
      await this.settler().complete(await this.connection(), answers);
    }
    for (const page of pages) {
      await this.turn(page);
    }
  }

  private async drain(): Promise<void> {
    const connection = await this.connection();
    for (let objects = 1; objects > 0; ) {
      const claims = await Promise.all(WORKERS.map((worker) => this.settler().claim(connection, worker, 100)));
      claims.flatMap(({ pending }) => pending).forEach((pending) => this.read(pending));
      objects = claims.reduce((sum, claim) => sum + claim.objects, 0);
    }
  }

  private read(pending: PendingReading): void {
    const { id } = pending.lease.object;
    const life = this.byId.get(id);
    const request = life?.history.reads[this.reads % life.history.reads.length];
    if (life === undefined || request === undefined) {
      throw new Error(`Nobody lives as ${id}.`);
    }
    this.reads += 1;
    const { takenAt, usedAt, bounds } = timed(this.now, request);
    this.agenda.plan(usedAt, { kind: 'ANSWER', result: { pending, found: this.foundAt(life, takenAt), bounds } });
  }

  private foundAt(life: Life, at: number): FoundObject | null {
    const subscription = this.subscriptionIn(life, versionAt(life, at));
    if (subscription === null) {
      const customer = this.customerIn(life, versionAt(life, at));
      return customer === null ? null : { type: 'CUSTOMER', snapshot: customer };
    }
    const customer = this.byId.get(subscription.customerId);
    return { type: 'SUBSCRIPTION', snapshot: subscription, customer: customer === undefined ? null : this.customerIn(customer, versionAt(customer, at)), newPrices: [], newProducts: [] };
  }

  private sweep(at: number, lives: readonly Life[], request: Request): void {
    const { takenAt, usedAt, bounds } = timed(at, request);
    const born = lives.filter((life) => (life.history.versions[0]?.at ?? 0) + life.offset <= takenAt);
    const page: Page = {
      subscriptions: born.flatMap((life) => this.subscriptionIn(life, versionAt(life, takenAt)) ?? []),
      customers: born.flatMap(({ id }) => {
        const customer = this.byId.get(id.replace('sub_', 'cus_'));
        return customer === undefined ? [] : (this.customerIn(customer, versionAt(customer, takenAt)) ?? []);
      }),
      span: { lo: bounds.from, hi: bounds.to },
    };
    // A page is read ahead, while the one before is being written.
    this.agenda.plan(usedAt + this.random.below(READ_AHEAD_MS), { kind: 'PAGE', page });
  }

  private async turn(page: Page): Promise<void> {
    const batch = { connectionId: ONLY, emailMatch: 'AUTO', newPrices: [], newProducts: [], causeOf: () => ({ kind: 'IMPORT', id: TEST_RUN }) as const, at: this.world.api.clock.now(), ...page } as const;
    if (this.options.blindPages === true) {
      await this.world.apply(page);
      return;
    }
    await this.world.em().transactional(async (em) => {
      await this.world.api.app.get(PageApplier, { strict: false }).apply(em, batch);
      await em.execute(`update import_range set read_to = greatest(read_to, ?) where run_id = ?`, [page.span.hi, TEST_RUN]);
    });
  }

  private toEvent(life: Life, { id, created, body, servable }: Delivery): IncomingEvent {
    const shifted = created + life.offset / 1000;
    const shown = body ?? life.history.versions[0];
    const snapshot = this.subscriptionIn(life, shown) ?? this.customerIn(life, shown);
    if (snapshot === null) {
      throw new Error(`Nobody lives as ${life.id}.`);
    }
    return eventOf(`${id}_of_${life.id}`, shifted, snapshot, body === null ? { body: null, servable: false } : { servable });
  }

  private subscriptionIn(life: Life, version: Version | undefined): SubscriptionSnapshot | null {
    const isLast = version?.index === life.history.versions.length - 1 && life.history.versions.every((other) => other === version || other.value !== version.value);
    return version === undefined || !life.id.startsWith('sub_') ? null : drawSubscription(life.id, version.value, isLast, this.options.prices);
  }

  private customerIn(life: Life, version: Version | undefined): CustomerSnapshot | null {
    return version === undefined || !life.id.startsWith('cus_') ? null : drawCustomer(life.id, version.value);
  }

  private settler(): ObjectSettler {
    return this.world.api.app.get(ObjectSettler, { strict: false });
  }

  private connection(): Promise<StripeConnection> {
    return this.world.em().findOneOrFail(StripeConnection, { id: ONLY });
  }
}

async function oneAfterTheOther(deeds: readonly { act(): Promise<void> }[]): Promise<void> {
  for (const { act } of deeds) {
    await act();
  }
}

function versionAt(life: Life, at: number): Version | undefined {
  return life.history.versions.findLast((version) => version.at + life.offset <= at) ?? life.history.versions[0];
}

function timed(sentAt: number, { toState, toAnswer, toUse, stamp, skew }: Request): { takenAt: number; usedAt: number; bounds: { from: number; to: number } } {
  const takenAt = sentAt + toState;
  const answeredAt = takenAt + toAnswer;
  return { takenAt, usedAt: answeredAt + toUse, bounds: FRESHNESS.span(sentAt, answeredAt, sentAt + (answeredAt - sentAt) * stamp + skew) };
}
