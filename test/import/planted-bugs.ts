import { subscribe } from 'node:diagnostics_channel';

import { type StripeReader, StripeReaders, type SubscriptionPage } from '@app/stripe';
import { RangeLedger } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import type { INestApplicationContext } from '@nestjs/common';

import { PageHandler } from '../../apps/worker/src/imports/page-handler.js';

/** Changes a worker that is about to run, as a mistake in its source would. */
export type Bug = (worker: INestApplicationContext) => void;

const OF_ALL = { strict: false };
const FULL_PAGE = 100;
const EMBEDDED_ITEMS = 10;

/** Mistakes that an import could hide, each by what it does: what a suite of imports must find out. */
export const BUGS: Readonly<Record<string, Bug>> = {
  'takes a short page for the last one': misreadPages(async (read) => {
    const page = await read();
    return { ...page, hasMore: page.hasMore && page.subscriptions.length === FULL_PAGE };
  }),
  'moves its cursor on though the page failed': misreadPages(async (read) => {
    const { page, failed } = await watchFailures(read);
    return failed ? { ...page, subscriptions: [], customers: [], prices: [], unreadable: [] } : page;
  }),
  'takes a page that failed for the end': misreadPages(async (read) => {
    const { page, failed } = await watchFailures(read);
    return failed ? { ...page, subscriptions: [], customers: [], prices: [], unreadable: [], hasMore: false } : page;
  }),
  'is content with the items that came with a subscription': misreadPages(async (read) => {
    const page = await read();
    return { ...page, subscriptions: page.subscriptions.map((one) => ({ ...one, items: one.items.slice(0, EMBEDDED_ITEMS) })) };
  }),
  'counts what it parks twice': (worker) => {
    const ledger = worker.get(RangeLedger, OF_ALL);
    const record = ledger.recordPage.bind(ledger);
    ledger.recordPage = (em, run, range, counts, rows) => record(em, run, range, { ...counts, parked: counts.parked * 2 }, rows);
  },
};

/** Mistakes that show only where a worker dies. */
export const BUGS_OF_THE_DEAD: Readonly<Record<string, Bug>> = {
  'moves its bookmark before the page is there': (worker) => {
    const [ledger, pages, em] = [worker.get(RangeLedger, OF_ALL), worker.get(PageHandler, OF_ALL), worker.get(EntityManager, OF_ALL)];
    const handle = pages.handle.bind(pages);
    pages.handle = async (context, page, step): Promise<void> => {
      await ledger.advance(em.fork(), context.run, step.next, step.splitOff);
      await handle(context, page, { ...step, splitOff: [] });
    };
  },
  'counts a page before it is there': (worker) => {
    const [ledger, em] = [worker.get(RangeLedger, OF_ALL), worker.get(EntityManager, OF_ALL)];
    const record = ledger.recordPage.bind(ledger);
    ledger.recordPage = (_em, ...page) => record(em.fork(), ...page);
  },
};

type ReadPage = () => Promise<SubscriptionPage>;

function misreadPages(misread: (read: ReadPage) => Promise<SubscriptionPage>): Bug {
  return (worker) => {
    const readers = worker.get(StripeReaders, OF_ALL);
    const make = readers.forConnection.bind(readers);
    readers.forConnection = (...given): StripeReader => {
      const reader = make(...given);
      const read = reader.subscriptions.bind(reader);
      reader.subscriptions = (start) => misread(() => read(start));
      return reader;
    };
  };
}

/** Whether one of the calls that the page is made of failed at first. One page is read at a time. */
async function watchFailures(read: ReadPage): Promise<{ page: SubscriptionPage; failed: boolean }> {
  const before = failures;
  return { page: await read(), failed: failures > before };
}

let failures = 0;
subscribe('kana.stripe.retry', () => (failures += 1));
