import { Random } from '../account/random.js';
import type { AccountClock } from '../clock/account-clock.js';
import { DueQueue } from '../clock/due-queue.js';
import type { EventRecord } from '../events/event-record.js';
import { waitAfter } from './back-off.js';
import { PLAIN } from './delivery-settings.js';
import type { DeliverySettings } from './delivery-settings.js';
import type { EndpointBook } from './endpoint-book.js';
import type { EndpointRecord } from './endpoint-record.js';
import { Postman } from './post.js';
import { sign } from './sign.js';
import { Tally } from './tally.js';
import type { Attempt, Counts } from './tally.js';
import { WaitingLine } from './waiting-line.js';

/** One event on its way to one endpoint. A copy is sent once, and nothing hangs on it. */
interface Delivery {
  event: EventRecord;
  endpoint: EndpointRecord;
  attempts: number;
  isCopy: boolean;
}

export interface DeliveryReport extends Counts {
  /** Not delivered yet and not given up: the sum of the next four. */
  pending: number;
  ready: number;
  delayed: number;
  underWay: number;
  /** After a failure, for their next attempt. */
  waiting: number;
  byEndpoint: Record<string, { delivered: number; failed: number }>;
}

/** What is beyond is given up at once: a receiver that is away must not fill the memory. */
const MOST_PENDING = 200_000;
const LONGEST_TIMER = 2 ** 31 - 1;

/** Tells webhook endpoints of events: signed, a few at once, again after a failure. */
export class Deliveries {
  private current = PLAIN;
  /** What befalls the n-th delivery does not depend on when others leave. */
  private fate = new Random(PLAIN.seed);
  private order = new Random(PLAIN.seed);
  /** While deliveries are held: how many may still leave. */
  private released = 0;
  private underWay = 0;
  private delayed = 0;
  private isPumping = false;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;
  private idleWaiters: (() => void)[] = [];
  private readonly ready = new WaitingLine<Delivery>();
  private readonly retries = new DueQueue<Delivery>();
  private readonly tally = new Tally();
  private readonly postman = new Postman();

  constructor(
    private readonly book: EndpointBook,
    private readonly clock: AccountClock,
    /** The event as JSON, in an API version. */
    private readonly render: (event: EventRecord, version: string) => object,
  ) {
    book.onGone = (endpoint) => {
      for (const delivery of this.retries.takeWhere((one) => one.endpoint === endpoint)) this.giveUp(delivery);
    };
  }

  get settings(): DeliverySettings {
    return this.current;
  }

  put(settings: Partial<DeliverySettings>): DeliverySettings {
    this.current = { ...PLAIN, ...settings };
    this.fate = new Random(this.current.seed).fork('fate');
    this.order = new Random(this.current.seed).fork('order');
    this.released = 0;
    this.pump();
    return this.current;
  }

  /** Sends the event to whoever takes its type. */
  tell(event: EventRecord, waitMs = 0): void {
    for (const endpoint of this.book.takersOf(event.type)) {
      const isDropped = this.fate.chance(this.current.drop);
      const isDoubled = this.fate.chance(this.current.double);
      const delivery = { event, endpoint, attempts: 0, isCopy: false };
      event.deliveries.pending += 1;
      if (isDropped) {
        this.tally.add('dropped');
        this.giveUp(delivery);
        continue;
      }
      this.depart(delivery, waitMs);
      if (!isDoubled) continue;
      this.tally.add('doubled');
      this.depart({ ...delivery, isCopy: true }, waitMs);
    }
  }

  /** Once more, whatever became of it; to one endpoint, which need not take its type. */
  resend(event: EventRecord, endpoint: EndpointRecord): void {
    this.tally.add('resent');
    this.line({ event, endpoint, attempts: 0, isCopy: true });
  }

  /** Lets so many of those that are held leave, or all that are held now. */
  release(count = this.ready.size): void {
    this.released += count;
    this.pump();
  }

  /** Time went on: what waited for it is tried again. */
  clockMoved(): void {
    const now = this.clock.nowMs();
    for (let due = this.retries.takeDue(now); due; due = this.retries.takeDue(now)) this.line(due.value);
    this.setTimer();
  }

  report(): DeliveryReport {
    const parts = { ready: this.ready.size, delayed: this.delayed, underWay: this.underWay, waiting: this.retries.size };
    return { ...this.tally.report(), pending: parts.ready + parts.delayed + parts.underWay + parts.waiting, ...parts };
  }

  /** The last attempts one by one, in the order of their answers. */
  log(): Attempt[] {
    return this.tally.log();
  }

  forget(): void {
    this.tally.reset();
  }

  /** When nothing is on its way any more, save what is held or waits for another attempt. */
  async idle(): Promise<void> {
    while (this.isBusy()) await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.postman.close();
    this.wakeIdle();
  }

  private depart(delivery: Delivery, waitMs: number): void {
    const { min, max } = this.current.delayMs;
    const wait = waitMs + (max > 0 ? min + this.fate.below(Math.max(1, max - min + 1)) : 0);
    if (wait === 0) {
      this.line(delivery);
      return;
    }
    this.delayed += 1;
    const arrive = (): void => {
      this.delayed -= 1;
      this.line(delivery);
    };
    setTimeout(arrive, wait).unref();
  }

  private line(delivery: Delivery): void {
    if (this.ready.size + this.delayed + this.retries.size >= MOST_PENDING) this.giveUp(delivery);
    else this.ready.add(delivery);
    this.pump();
  }

  private pump(): void {
    if (this.isPumping || this.isClosed) return;
    this.isPumping = true;
    setImmediate(() => {
      this.isPumping = false;
      while (this.mayLeave()) {
        const next = this.ready.take(this.current.shuffle ? this.order : undefined);
        if (this.current.hold) this.released -= 1;
        if (next) void this.send(next);
      }
      this.wakeIdle();
    });
  }

  private mayLeave(): boolean {
    const isHeld = this.current.hold && this.released <= 0;
    return !this.isClosed && !isHeld && this.ready.size > 0 && this.underWay < this.current.concurrency;
  }

  private async send(delivery: Delivery): Promise<void> {
    const { event, endpoint } = delivery;
    if (!this.book.get(endpoint.id) || endpoint.isDisabled) {
      this.giveUp(delivery);
      return;
    }
    this.underWay += 1;
    const body = Buffer.from(JSON.stringify(this.render(event, endpoint.apiVersion ?? event.apiVersion), undefined, 2));
    // A receiver compares this with its own time of day, wherever the account's clock was set to.
    const second = Math.floor(Date.now() / 1000) + this.current.signatureSkewSeconds;
    const signature = sign(body, this.book.secretsAt(endpoint, this.clock.nowMs()), second);
    const status = await this.postman.post({ url: endpoint.url, body, signature, timeoutMs: this.current.timeoutMs });
    this.underWay -= 1;
    this.arrived({ ...delivery, attempts: delivery.attempts + 1 }, status);
    this.pump();
  }

  private arrived(delivery: Delivery, status: number): void {
    if (this.isClosed) return;
    const { event, endpoint, attempts } = delivery;
    this.tally.remember({ event: event.id, type: event.type, endpoint: endpoint.id, attempt: attempts, status });
    if (status >= 200 && status < 300) {
      this.succeed(delivery);
      return;
    }
    this.book.failed(endpoint, this.clock.nowMs());
    const wait = delivery.isCopy ? undefined : waitAfter(attempts, this.current.timeScale);
    if (wait === undefined || endpoint.isDisabled) {
      this.giveUp(delivery);
      return;
    }
    this.retries.add(this.clock.nowMs() + wait, delivery);
    this.clockMoved();
  }

  private succeed({ event, endpoint, isCopy }: Delivery): void {
    this.book.delivered(endpoint);
    this.tally.delivered(endpoint.id);
    if (!isCopy) event.deliveries.pending -= 1;
    // What was given up has arrived after all.
    else if (event.deliveries.failed > 0) event.deliveries.failed -= 1;
  }

  private giveUp({ event, endpoint, isCopy }: Delivery): void {
    this.tally.failed(endpoint.id);
    if (isCopy) return;
    event.deliveries.pending -= 1;
    event.deliveries.failed += 1;
  }

  /** A clock that stands still lets nothing become due. */
  private setTimer(): void {
    clearTimeout(this.timer);
    const next = this.retries.nextAt;
    if (next === undefined || this.clock.isFrozen || this.isClosed) return;
    const wait = Math.min(Math.max(0, next - this.clock.nowMs()), LONGEST_TIMER);
    this.timer = setTimeout(() => this.clockMoved(), wait).unref();
  }

  private isBusy(): boolean {
    const isHeld = this.current.hold && this.released <= 0;
    return !this.isClosed && (this.underWay > 0 || this.delayed > 0 || (this.ready.size > 0 && !isHeld));
  }

  private wakeIdle(): void {
    if (this.isBusy()) return;
    const waiters = this.idleWaiters;
    this.idleWaiters = [];
    for (const wake of waiters) wake();
  }
}
