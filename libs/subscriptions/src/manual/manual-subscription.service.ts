import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { Clock, IdFactory, transactionWithRetry } from '@app/common';

import { IssueDeriver } from '../issues/issue-deriver.js';
import { type CancelInput, checkCancel } from './check-cancel.js';
import { checkSubscribe } from './check-subscribe.js';
import { cancelRefused, endsInPast, startsInFuture, stripeSubscription, subscribeRefused, subscriptionEnded, subscriptionNotFound, userNotFound } from './manual.errors.js';
import { loadHeld, loadTarget, lockManual, lockPackages, lockUser, lockUserOf, type ManualRecord } from './manual.queries.js';
import { beginManual, changeManual, endDue, endedAt } from './write-manual.js';

export interface ManualSubscribe {
  /** Id or alias. */
  readonly userId: string;
  /** Each once. */
  readonly packageIds: readonly string[];
  readonly quantity: number;
  /** null = now. */
  readonly startsAt: Date | null;
  /** null = at no known time. */
  readonly cancelAt: Date | null;
}

export interface ManualEnd {
  /** `NOW`; a time to come; null = a pending cancellation is taken back. */
  readonly endsAt: Date | 'NOW' | null;
  readonly withAddons: boolean;
}

/** How many records a sweep ends in one transaction. */
const ENDED_AT_ONCE = 500;

/**
 * Subscribes users in Kana alone, for those who do not pay through Stripe, and ends that (rules S4, S7). What one user has
 * is decided on by one call at a time. Imports and syncs never touch these records, and this never touches theirs.
 */
@Injectable()
export class ManualSubscriptionService {
  private readonly logger = new Logger(ManualSubscriptionService.name);

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: IdFactory,
    private readonly issues: IssueDeriver,
  ) {}

  /**
   * To all of these packages, or to none. Gives the ids of the new subscriptions, in the order of the packages.
   *
   * @param requestedBy the API key that asked
   * @throws KanaError user_not_found, starts_at_future, cancel_at_past, or a code of `SubscribeRefusal`
   */
  async subscribe(input: ManualSubscribe, requestedBy: string): Promise<string[]> {
    const begun = await transactionWithRetry(this.em, async (em) => {
      // In the order of everybody who takes both: packages, then users.
      const packages = await lockPackages(em, input.packageIds);
      const userKey = await lockUser(em, input.userId);
      if (userKey === null) {
        throw userNotFound(input.userId);
      }
      const at = this.clock.now();
      assertTimes(input, at);
      await endDue(em, at, { userKey });
      const endsAt = input.cancelAt?.toISOString() ?? null;
      const wanted = input.packageIds.map((id) => packages.get(id) ?? null);
      const verdict = checkSubscribe({ held: await loadHeld(em, userKey, at), wanted, endsAt });
      if (verdict.kind === 'REFUSED') {
        throw subscribeRefused(input.packageIds, verdict.refusals);
      }
      const records = input.packageIds.map((packageId) => this.newRecord({ userKey, packageId, endsAt, quantity: input.quantity, requestedBy }));
      await beginManual(em, records, { startedAt: input.startsAt ?? at, at });
      return records;
    });
    await this.refreshIssues(begun.map(({ userKey }) => userKey));
    return begun.map(({ id }) => id);
  }

  /**
   * Says when a manual subscription ends, or takes that back. At a time to come, access ends at that very time, by the
   * clock and not by a job.
   *
   * @throws KanaError subscription_not_found, or a code of `CancelRefusal`
   */
  async end(id: string, { endsAt, withAddons }: ManualEnd, requestedBy: string): Promise<void> {
    await this.withSubscription(id, async (em, userKey, at) => {
      const time = endsAt === 'NOW' ? at.toISOString() : (endsAt?.toISOString() ?? null);
      const target = await loadTarget(em, id);
      const others = (await loadHeld(em, userKey, at)).filter(({ subscriptionId }) => subscriptionId !== id);
      const along = decideEnd({ target, others, endsAt: time, now: at.toISOString(), withAddons });
      const records = await lockManual(em, [id, ...along]);
      const isNow = time !== null && time <= at.toISOString();
      const changes = records.map((before) => ({ before, after: endingAt(before, time, isNow, requestedBy) })).filter(({ before, after }) => differ(before, after));
      await changeManual(em, changes, at, requestedBy);
    });
  }

  /** @throws KanaError subscription_not_found, stripe_subscription, subscription_ended */
  async changeQuantity(id: string, quantity: number, requestedBy: string): Promise<void> {
    await this.withSubscription(id, async (em, _userKey, at) => {
      const [before] = await lockManual(em, [id]);
      if (before === undefined) {
        throw stripeSubscription(id);
      }
      if (before.endedAt !== null) {
        throw subscriptionEnded(id);
      }
      if (before.quantity !== quantity) {
        await changeManual(em, [{ before, after: { ...before, quantity } }], at, requestedBy);
      }
    });
  }

  /** Writes down what has ended by the clock; gives how many records that were. */
  async endWhatIsDue(): Promise<number> {
    let total = 0;
    for (;;) {
      const ended = await transactionWithRetry(this.em, (em) => endDue(em, this.clock.now(), { limit: ENDED_AT_ONCE }));
      await this.refreshIssues(ended.map(({ userKey }) => userKey));
      total += ended.length;
      if (ended.length < ENDED_AT_ONCE) {
        return total;
      }
    }
  }

  /** Runs the work with the user of the subscription taken, after what has run out was ended; then looks at the user's issues. */
  private async withSubscription(id: string, work: (em: EntityManager, userKey: string, at: Date) => Promise<void>): Promise<void> {
    const concerned = await transactionWithRetry(this.em, async (em) => {
      const userKey = await lockUserOf(em, id);
      if (userKey === null) {
        throw subscriptionNotFound(id);
      }
      const at = this.clock.now();
      await endDue(em, at, { userKey });
      await work(em, userKey, at);
      return userKey;
    });
    await this.refreshIssues([concerned]);
  }

  private newRecord(facts: { userKey: string; packageId: string; quantity: number; endsAt: string | null; requestedBy: string }): ManualRecord {
    const { userKey, packageId, quantity, endsAt, requestedBy } = facts;
    return {
      id: this.ids.next('psub'),
      userKey,
      packageId,
      status: 'ACTIVE',
      quantity,
      givesAccess: true,
      accessUntil: endsAt,
      cancelAt: endsAt,
      endedAt: null,
      createdBy: requestedBy,
      cancelledBy: endsAt === null ? null : requestedBy,
    };
  }

  /** What was decided stands already: issues that cannot be looked at now are looked at next time. */
  private async refreshIssues(userKeys: readonly string[]): Promise<void> {
    try {
      await this.issues.refreshUsers(this.em.fork(), [...new Set(userKeys)]);
    } catch (error) {
      this.logger.warn({ err: error }, 'The issues of users could not be refreshed; the next refresh will');
    }
  }
}

function assertTimes({ startsAt, cancelAt }: ManualSubscribe, at: Date): void {
  if (startsAt !== null && startsAt > at) {
    throw startsInFuture();
  }
  if (cancelAt !== null && cancelAt <= at) {
    throw endsInPast();
  }
}

/** Gives the add-ons that end along. */
function decideEnd(input: CancelInput): string[] {
  const verdict = checkCancel(input);
  if (verdict.kind === 'REFUSED') {
    throw cancelRefused(input.target.subscriptionId, verdict.code, verdict.addons);
  }
  return verdict.along.map(({ subscriptionId }) => subscriptionId);
}

function endingAt(record: ManualRecord, time: string | null, isNow: boolean, requestedBy: string): ManualRecord {
  const ending = { ...record, accessUntil: time, cancelAt: time, cancelledBy: time === null ? null : requestedBy };
  return isNow && time !== null ? endedAt(ending, time) : ending;
}

/** Saying the same again is no change, whoever says it. */
function differ(before: ManualRecord, after: ManualRecord): boolean {
  return before.cancelAt !== after.cancelAt || before.endedAt !== after.endedAt;
}
