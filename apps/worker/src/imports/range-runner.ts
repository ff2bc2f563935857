import { Injectable } from '@nestjs/common';

import type { CustomerPage } from '@app/stripe';
import type { RangeState } from '@app/sync';

import { resolveMetLast, type StretchPage } from '../reconciliation/resolve-stretch.js';
import { CustomerPageHandler } from './customer-page-handler.js';
import { PageHandler } from './page-handler.js';
import type { Demand, RangeContext, RangeStep } from './range.types.js';
import { resolveFilter, resolveScoped } from './resolve-scope.js';
import { resolveSplit, splitOff } from './resolve-split.js';
import { TableStatistics } from './table-statistics.js';
import { Turnstile } from './turnstile.js';

const SECOND_MS = 1000;
/** Pages that share a customer wait for each other in the database: more of them at once would mostly wait, and be read no sooner. */
const WRITTEN_AT_ONCE = 3;

/** Pages through one range from its cursor to its end, and splits off what others would take. */
@Injectable()
export class RangeRunner {
  private readonly writing = new Turnstile(WRITTEN_AT_ONCE);

  constructor(
    private readonly pages: PageHandler,
    private readonly customerPages: CustomerPageHandler,
    private readonly statistics: TableStatistics,
  ) {}

  /**
   * @throws LeaseLostError where another worker has taken the range over, or the run goes on no more
   */
  async work(context: RangeContext, start: RangeState, demand: Demand): Promise<void> {
    const sight = new RangeSight();
    for (let range = start; !range.done; ) {
      context.signal.throwIfAborted();
      const { page, apply } = await (range.resource === 'CUSTOMERS' ? this.customers(context, range) : this.subscriptions(context, range));
      const step = stepAfter(range, page, sight.splitAfter(page, range, demand.wanted()));
      const applied = this.writing.pass(rankOf(range, page), () => apply(step));
      demand.offer(step.splitOff.length, applied);
      await applied;
      range = step.next;
      await this.statistics.keep();
    }
  }

  private async subscriptions({ run, connection, reader }: RangeContext, range: RangeState): Promise<ReadPage> {
    const read = await reader.subscriptions(range, resolveFilter(run.scope));
    const page = { ...(await this.pages.prepare(connection, reader, resolveScoped(read, run.scope))), listed: read.subscriptions };
    return { page, apply: (step) => this.pages.handle({ run, connection, range }, page, step) };
  }

  /** Customers without a subscription, where the connection wants them all (rule U1). */
  private async customers({ run, connection, reader }: RangeContext, range: RangeState): Promise<ReadPage> {
    const read = await reader.customers(range);
    const page = { ...read, listed: read.customers };
    return { page, apply: (step) => this.customerPages.handle({ run, connection, range }, page, step) };
  }
}

type AnyPage = Pick<CustomerPage, 'cursor' | 'span'> & StretchPage;

/**
 * Whose page is written first: what one worker alone can read, a second that fills pages, is what the others will wait for in the
 * end; then subscriptions, whose pages take longer.
 */
function rankOf({ resource }: RangeState, page: AnyPage): number {
  const isOneSecond = page.hasMore && page.listed[0]?.createdAt === page.lastCreatedAt;
  return isOneSecond ? 0 : resource === 'SUBSCRIPTIONS' ? 1 : 2;
}

interface ReadPage {
  readonly page: AnyPage;
  readonly apply: (step: RangeStep) => Promise<void>;
}

/** What one worker has seen of a range. */
class RangeSight {
  private first: number | null = null;
  private objects = 0;

  /** The seconds at which the range is split. */
  splitAfter({ listed, lastCreatedAt, hasMore }: AnyPage, { from }: RangeState, wanted: number): number[] {
    const [begin, last] = [secondOf(listed[0]?.createdAt ?? null), secondOf(lastCreatedAt)];
    this.first ??= begin;
    this.objects += listed.length;
    if (!hasMore || begin === null || last === null) {
      return [];
    }
    return resolveSplit({ from, first: this.first ?? begin, last, isOneSecond: begin === last, objects: this.objects }, wanted);
  }
}

function secondOf(time: string | null): number | null {
  return time === null ? null : Date.parse(time) / SECOND_MS;
}

function stepAfter(range: RangeState, page: AnyPage, seconds: readonly number[]): RangeStep {
  const next = {
    ...range,
    from: seconds[0] ?? range.from,
    cursor: page.cursor ?? range.cursor,
    lastCreatedAt: page.lastCreatedAt ?? range.lastCreatedAt,
    metLast: resolveMetLast(range, page),
    done: !page.hasMore,
    readTo: page.span.hi,
  };
  return { next, splitOff: splitOff(range.from, seconds) };
}
