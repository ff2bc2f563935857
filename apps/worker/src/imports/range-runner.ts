import { Injectable } from '@nestjs/common';

import type { CustomerPage } from '@app/stripe';
import type { RangeState } from '@app/sync';

import { resolveMetLast, type StretchPage } from '../reconciliation/resolve-stretch.js';
import { CustomerPageHandler } from './customer-page-handler.js';
import { PageHandler } from './page-handler.js';
import type { Demand, RangeContext, RangeStep } from './range.types.js';
import { resolveSplit, splitOff } from './resolve-split.js';
import { TableStatistics } from './table-statistics.js';

const SECOND_MS = 1000;

/** Pages through one range from its cursor to its end, and splits off what others would take. */
@Injectable()
export class RangeRunner {
  constructor(
    private readonly pages: PageHandler,
    private readonly customerPages: CustomerPageHandler,
    private readonly statistics: TableStatistics,
  ) {}

  /**
   * @throws LeaseLostError where another worker has taken the range over, or the run goes on no more
   */
  async work(context: RangeContext, start: RangeState, demand: Demand): Promise<void> {
    for (let range = start; !range.done; ) {
      context.signal.throwIfAborted();
      range = await (range.resource === 'CUSTOMERS' ? this.customers(context, range, demand) : this.subscriptions(context, range, demand));
      await this.statistics.keep();
    }
  }

  private async subscriptions({ run, connection, reader }: RangeContext, range: RangeState, demand: Demand): Promise<RangeState> {
    const page = await this.pages.prepare(connection, reader, await reader.subscriptions(range));
    return take(range, page, demand, (step) => this.pages.handle({ run, connection, range }, page, step));
  }

  /** Customers without a subscription, where the connection wants them all (rule U1). */
  private async customers({ run, connection, reader }: RangeContext, range: RangeState, demand: Demand): Promise<RangeState> {
    const page = await reader.customers(range);
    const listed = { ...page, listed: page.customers };
    return take(range, listed, demand, (step) => this.customerPages.handle({ run, connection, range }, listed, step));
  }
}

type AnyPage = Pick<CustomerPage, 'cursor' | 'span'> & StretchPage;

async function take(range: RangeState, page: AnyPage, demand: Demand, apply: (step: RangeStep) => Promise<void>): Promise<RangeState> {
  const seconds = page.hasMore ? resolveSplit({ from: range.from, ...extentOf(page, range) }, demand.wanted()) : [];
  const step = { next: following(range, page, seconds[0] ?? range.from), splitOff: splitOff(range.from, seconds) };
  const applied = apply(step);
  demand.offer(seconds.length, applied);
  await applied;
  return step.next;
}

/** Which seconds a page spans. One that shows nothing that can be read spans what its end says. */
function extentOf({ listed, lastCreatedAt }: AnyPage, range: RangeState): { first: number; last: number; objects: number } {
  const last = secondOf(lastCreatedAt ?? range.lastCreatedAt) ?? 0;
  return { first: Math.max(last, secondOf(listed[0]?.createdAt ?? null) ?? last), last, objects: listed.length };
}

function secondOf(time: string | null): number | null {
  return time === null ? null : Date.parse(time) / SECOND_MS;
}

function following(range: RangeState, page: AnyPage, from: number | null): RangeState {
  return {
    ...range,
    from,
    cursor: page.cursor ?? range.cursor,
    lastCreatedAt: page.lastCreatedAt ?? range.lastCreatedAt,
    metLast: resolveMetLast(range, page),
    done: !page.hasMore,
    readTo: page.span.hi,
  };
}
