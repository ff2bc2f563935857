import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { type BatchApplied, type Completed, type CoveredStretch, findUnmet, type ListedApplied } from '@app/subscriptions';
import { AsideLedger, type ClaimedRun, DriftLedger } from '@app/sync';

/** Writes down what a run finds, in the transaction of what it carries over: what it puts aside and, of a reconciliation, drift. */
@Injectable()
export class RunFindings {
  constructor(
    private readonly drift: DriftLedger,
    private readonly aside: AsideLedger,
  ) {}

  async ofPage(em: EntityManager, run: ClaimedRun, applied: ListedApplied): Promise<void> {
    const { id } = run;
    await this.tell(em, run, applied.drift);
    await this.aside.add(em, id, applied.undecided.map((object) => ({ object, reason: 'UNDECIDED' })));
    await this.aside.hold(em, id, applied.held.map(toAside));
  }

  /** What the list did not show of the stretch that it has covered. */
  async ofStretch(em: EntityManager, { id, connectionId }: ClaimedRun, listed: 'SUBSCRIPTIONS' | 'CUSTOMERS', stretch: CoveredStretch): Promise<void> {
    const unmet = await findUnmet(em, connectionId, listed, stretch);
    await this.aside.add(em, id, unmet.map((object) => ({ object, reason: 'UNMET' })));
  }

  async ofReadings(em: EntityManager, run: ClaimedRun, completed: Completed): Promise<void> {
    const { id } = run;
    const { settled, held, failed } = completed;
    const over = [...settled, ...failed.map(({ object }) => object)];
    await this.drift.forgetHeld(em, id, [...over, ...held.map(({ object }) => object)]);
    await this.tell(em, run, completed.drift);
    await this.aside.remove(em, id, over);
    await this.aside.hold(em, id, held.map(({ object, isGone, losingKeys }) => ({ object, reason: isGone ? 'GONE' : 'TAKES_ACCESS', userKeys: losingKeys })));
  }

  /** What an import brings is what it is for. */
  private async tell(em: EntityManager, { id, kind }: ClaimedRun, { applied, held }: ListedApplied['drift']): Promise<void> {
    if (kind === 'RECONCILIATION') {
      await this.drift.record(em, id, applied, 'APPLIED');
      await this.drift.record(em, id, held, 'HELD');
    }
  }
}

function toAside({ stripeSubscriptionId: id, losingKeys }: BatchApplied['held'][number]) {
  return { object: { type: 'SUBSCRIPTION', id }, reason: 'TAKES_ACCESS', userKeys: losingKeys } as const;
}
