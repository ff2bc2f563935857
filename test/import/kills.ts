import { setTimeout as sleep } from 'node:timers/promises';

import { Doorbell } from '@app/common';

import { Random } from '../../apps/sandbox/src/account/random.js';
import type { WorkerProcess } from '../support/worker.js';
import { ok, type Run, startImport, waitForEnd } from './kana.js';
import type { Ledger, Place, Stop } from './ledger.js';
import type { World } from './world.js';

/** When a worker is killed, counted from its first look at the list of subscriptions. */
export type Moment =
  /** As it asks for its n-th page: the one before is being written, those before that are done. */
  | { readonly asked: number }
  | { readonly place: Place }
  /** At any moment, whatever it is doing; but before it is too far. */
  | { readonly afterMs: number };

const LONGEST_MS = 250;
const MOST_PAGES = 4;
const PATIENCE_MS = 240_000;

export function drawMoments(seed: number, count: number): Moment[] {
  const random = new Random(`kills ${seed}`);
  const draw = (): Moment =>
    random.pick<() => Moment>([
      () => ({ asked: 1 + random.below(MOST_PAGES) }),
      () => ({ place: random.pick<Place>(['PAGE', 'BOOKMARK']) }),
      () => ({ afterMs: random.below(LONGEST_MS) }),
    ])();
  return Array.from({ length: count }, draw);
}

/** What was asked of Stripe while workers died. */
export interface Readings {
  /** The address of each page of subscriptions that was asked for. */
  readonly pages: readonly string[];
  /** How many pages had been asked for at each kill. */
  readonly kills: readonly number[];
}

export interface Deaths {
  readonly world: World;
  readonly ledger: Ledger;
  readonly moments: readonly Moment[];
  start(): Promise<WorkerProcess>;
}

/** One import, of which worker after worker is killed, each at its moment; the last one is left alone. */
export async function importThroughKills({ world, ledger, moments, start }: Deaths): Promise<{ run: Run; readings: Readings }> {
  const { api, sandbox } = world;
  const pages = new PagesAsked();
  sandbox.onRequest((pattern, url) => pages.hear(pattern, url));
  const runId = await startImport(api);
  const kills: number[] = [];
  // The next one is started while this one works: it finds the run taken, and waits for a ring.
  let next = start();
  for (const moment of moments) {
    // Before it has anything to do, so that it cannot come past.
    const stop = 'place' in moment ? await ledger.stopAt(moment.place) : undefined;
    const worker = await next;
    await ring(world);
    next = start();
    await killAt(moment, worker, pages, stop);
    // What it asked for last has come in by now, and the next one asks for nothing yet.
    await ledger.seen(runId);
    kills.push(pages.asked.length);
    pages.beginAnew();
    await ledger.outliveLease();
  }
  const worker = await next;
  await ring(world);
  const run = await waitForEnd(api, runId, PATIENCE_MS);
  await worker.stop();
  return { run, readings: { pages: pages.asked, kills } };
}

async function ring({ api }: World): Promise<void> {
  const { data } = await ok(api.get<{ data: { id: string }[] }>('/v1/stripe/connections'));
  await api.app.get(Doorbell, { strict: false }).ring('imports', { connectionId: data[0]?.id ?? '' });
}

async function killAt(moment: Moment, worker: WorkerProcess, pages: PagesAsked, stop: Stop | undefined): Promise<void> {
  if (stop !== undefined) {
    await stop.reached();
    await worker.kill();
    await stop.lift();
  } else if ('asked' in moment) {
    await pages.untilAsked(moment.asked);
    await worker.kill();
  } else if ('afterMs' in moment) {
    await pages.untilAsked(1);
    await Promise.race([sleep(moment.afterMs), pages.untilAsked(MOST_PAGES)]);
    await worker.kill();
  }
}

/** Where a page begins: after its cursor, or at the end of its range. What its range goes down to is no part of it. */
export function beginningOf(page: string): string {
  const { searchParams } = new URL(page, 'http://stripe');
  return searchParams.get('starting_after') ?? `before ${searchParams.get('created[lt]') ?? 'nothing'}`;
}

/** Listens to what is asked of Stripe. */
class PagesAsked {
  readonly asked: string[] = [];
  private before = 0;
  private waiting: { count: number; done: () => void }[] = [];

  hear(pattern: string, url: string): void {
    if (pattern === '/v1/subscriptions') {
      this.asked.push(url);
      this.tell();
    }
  }

  /** Counts for the next worker. */
  beginAnew(): void {
    this.before = this.asked.length;
  }

  /** Settles as the worker's n-th page is asked for. */
  untilAsked(count: number): Promise<void> {
    return new Promise((done) => {
      this.waiting.push({ count, done });
      this.tell();
    });
  }

  private tell(): void {
    const asked = this.asked.length - this.before;
    this.waiting.filter(({ count }) => asked >= count).forEach(({ done }) => done());
    this.waiting = this.waiting.filter(({ count }) => asked < count);
  }
}
