import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { countAccess } from '@app/subscriptions';
import { AsideLedger, type AsidePart, type BrakeLoad, checkBrake, type ClaimedRun, RangeLedger, type RunBrake } from '@app/sync';

import type { CrewContext } from '../imports/range-crew.js';
import { ASIDE_RANGE, AsideReader } from './aside-reader.js';
import { RunReport } from './run-report.js';
import { TestClocks } from './test-clocks.js';

/** What would take access comes after all that would not; customers last, when Stripe has shown that it is the right one. */
const PARTS: readonly AsidePart[] = ['UNREAD', 'HELD', 'CUSTOMERS'];

/**
 * What a run does when the lists are read: reads by id what it has put aside. Of an import that is what nobody could tell from
 * the lists. Of a reconciliation (rule Y5) also what no list has shown and what would take access, and it stops before that
 * where it would take it from many.
 */
@Injectable()
export class Reconciler {
  constructor(
    private readonly em: EntityManager,
    private readonly ranges: RangeLedger,
    private readonly aside: AsideLedger,
    private readonly objects: AsideReader,
    private readonly clocks: TestClocks,
    private readonly found: RunReport,
  ) {}

  /** Goes on where it was, too: what is settled is no longer aside. Gives why to stop and ask, where it must. */
  async settleAside(context: CrewContext): Promise<RunBrake | null> {
    const { run } = context;
    await this.ranges.begin(run, ASIDE_RANGE.number, 'OBJECTS');
    if (run.kind === 'RECONCILIATION' && !run.approved) {
      await this.clocks.putAside(context);
      const brake = await this.readWithBrake(context);
      if (brake !== null) {
        return brake;
      }
    }
    for (const part of PARTS) {
      await this.objects.readAll(context, part, { holdsBack: false });
    }
    return null;
  }

  /** Says what a run that is complete has found. */
  async report(run: ClaimedRun): Promise<void> {
    await this.found.tell(run);
  }

  /** Reads what was not read yet, and takes nothing; gives why to stop. */
  private async readWithBrake(context: CrewContext): Promise<RunBrake | null> {
    const { run, connection } = context;
    const { brakePercent: percent, brakeUsers: users } = connection.settings;
    const limits = { percent, users };
    const access = await countAccess(this.em.fork(), connection.id);
    const loadNow = async (): Promise<BrakeLoad & { unread: number }> => {
      const { losingUsers, gone, unread } = await this.aside.count(this.em.fork(), run.id);
      return { ...access, usersLosingAccess: losingUsers, goneSubscriptions: gone, unread };
    };
    const isEnough = async (): Promise<boolean> => checkBrake(await loadNow(), limits);
    if (!(await isEnough())) {
      await this.objects.readAll(context, 'UNREAD', { holdsBack: true, isEnough });
    }
    const { unread, ...load } = await loadNow();
    return checkBrake(load, limits) ? { ...load, unreadObjects: unread, limits } : null;
  }
}
