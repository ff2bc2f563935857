import { Injectable } from '@nestjs/common';

import type { CustomerPage, StripeConnection, StripeReader } from '@app/stripe';
import { type ClaimedRun, ImportLedger, type RangeState } from '@app/sync';

import { resolveMetLast, type StretchPage } from '../reconciliation/resolve-stretch.js';
import { CustomerPageHandler, type ListedCustomers } from './customer-page-handler.js';
import type { FetchedPage } from './fetch-unseen.js';
import { PageHandler } from './page-handler.js';
import { TableStatistics } from './table-statistics.js';

export interface RangeContext {
  readonly run: ClaimedRun;
  readonly connection: StripeConnection;
  readonly reader: StripeReader;
  readonly signal: AbortSignal;
}

const SUBSCRIPTIONS = 1;
const CUSTOMERS = 2;

/** Pages through one range from its cursor to its end. While a page is written, the next one is being read. */
@Injectable()
export class RangeRunner {
  constructor(
    private readonly ledger: ImportLedger,
    private readonly pages: PageHandler,
    private readonly customerPages: CustomerPageHandler,
    private readonly statistics: TableStatistics,
  ) {}

  async subscriptions({ run, connection, reader, signal }: RangeContext): Promise<void> {
    const start = await this.ledger.range(run, SUBSCRIPTIONS, 'SUBSCRIPTIONS');
    const fetch = async (from: RangeState): Promise<FetchedPage> =>
      this.pages.prepare(connection, reader, await reader.subscriptions(from));
    await pageThrough(start, signal, fetch, async (page, range, next) => {
      await this.pages.handle({ run, connection, range }, page, next);
      await this.statistics.keep();
    });
  }

  /** Customers without a subscription, where the connection wants them all (rule U1). */
  async customers({ run, connection, reader, signal }: RangeContext): Promise<void> {
    const start = await this.ledger.range(run, CUSTOMERS, 'CUSTOMERS');
    const fetch = async (from: RangeState): Promise<ListedCustomers> => {
      const page = await reader.customers(from);
      return { ...page, listed: page.customers };
    };
    await pageThrough(start, signal, fetch, (page, range, next) => this.customerPages.handle({ run, connection, range }, page, next));
  }
}

type AnyPage = Pick<CustomerPage, 'cursor' | 'span'> & StretchPage;

async function pageThrough<Page extends AnyPage>(
  start: RangeState,
  signal: AbortSignal,
  fetch: (from: RangeState) => Promise<Page>,
  apply: (page: Page, range: RangeState, next: RangeState) => Promise<void>,
): Promise<void> {
  let range = start;
  let upcoming = range.done ? null : settled(fetch(range));
  while (upcoming !== null) {
    const page = await unwrap(upcoming);
    const next = following(range, page);
    upcoming = next.done || signal.aborted ? null : settled(fetch(next));
    await apply(page, range, next);
    range = next;
  }
  if (!range.done) {
    throw new Error('The range was stopped before its end.');
  }
}

function following(range: RangeState, page: AnyPage): RangeState {
  return {
    ...range,
    cursor: page.cursor ?? range.cursor,
    lastCreatedAt: page.lastCreatedAt ?? range.lastCreatedAt,
    metLast: resolveMetLast(range, page),
    done: !page.hasMore,
    readTo: page.span.hi,
  };
}

type Settled<Value> = Promise<{ value: Value } | { error: unknown }>;

/** A page that is read ahead may fail while another is written: its error waits until it is asked for. */
function settled<Value>(promise: Promise<Value>): Settled<Value> {
  return promise.then((value) => ({ value }), (error: unknown) => ({ error }));
}

async function unwrap<Value>(promise: Settled<Value>): Promise<Value> {
  const result = await promise;
  if ('error' in result) {
    throw result.error;
  }
  return result.value;
}
