import type { SubscriptionFacts } from '../objects/subscription.js';
import type { SubscriptionDraft } from './draft.js';
import { DAY, HOUR, NOW, monthsAfter, periodAt } from './periods.js';
import type { Cadence, Period } from './periods.js';
import type { Random } from './random.js';

/** The times of one subscription: what its status makes of them, and the instant that its periods are read at. */
export interface Lifecycle {
  facts: Pick<SubscriptionFacts, 'startDate'> & Partial<SubscriptionFacts>;
  /** The last instant at which it was running: now, or when it ended or was paused. */
  at: number;
}

export function lifecycleOf(draft: SubscriptionDraft, created: number, cadence: Cadence, random: Random): Lifecycle {
  const startDate = draft.traits.backdated ? monthsAfter(created, -2) : created;
  const somewhen = created + random.below(Math.max(1, NOW - created));
  switch (draft.status) {
    case 'canceled': {
      const reason = random.pick(['cancellation_requested', 'payment_failed'] as const);
      return { facts: { startDate, canceledAt: somewhen, endedAt: somewhen, cancellationReason: reason }, at: somewhen };
    }
    case 'incomplete_expired': {
      const endedAt = Math.min(NOW, created + 23 * HOUR);
      return { facts: { startDate, canceledAt: endedAt, endedAt }, at: endedAt };
    }
    case 'paused':
      return { facts: { startDate, paused: { at: somewhen, why: 'pause_requested' } }, at: somewhen };
    case 'trialing':
      return { facts: { startDate, trial: trialOf(created, random), ...leaving(draft, startDate, cadence) }, at: NOW };
    default:
      return { facts: { startDate, ...leaving(draft, startDate, cadence) }, at: NOW };
  }
}

/** Each item runs by its own price's interval; a trial is everyone's first period. */
export function itemPeriod(lifecycle: Lifecycle, cadence: Cadence): Period {
  const { trial, startDate } = lifecycle.facts;
  return trial ?? periodAt(startDate, cadence, lifecycle.at);
}

function trialOf(created: number, random: Random): Period {
  return { start: Math.max(created, NOW - 14 * DAY), end: NOW + (1 + random.below(30)) * DAY };
}

/** A cancellation that was asked for and has not come yet. */
function leaving(draft: SubscriptionDraft, startDate: number, cadence: Cadence): Partial<SubscriptionFacts> {
  const asked = { canceledAt: NOW - HOUR, cancellationReason: 'cancellation_requested' } as const;
  if (draft.traits.cancelAtPeriodEnd) {
    return { ...asked, cancelAtPeriodEnd: true, cancelAt: periodAt(startDate, cadence, NOW).end };
  }
  return draft.traits.cancelsLater ? { ...asked, cancelAt: NOW + 45 * DAY } : {};
}
