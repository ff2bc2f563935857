import { DAY } from '../account/periods.js';
import type { SubscriptionState } from '../store/states.js';
import type { Act } from './act.js';

/** Stripe tells of a trial's end so long before, or at once if that is past already. */
export const TRIAL_NOTICE = 3 * DAY;

/** For a trial that was set just now and is too short for a notice of its own. */
export function tellTrialEnd(act: Act, state: SubscriptionState): void {
  const { status, trial_end: end, test_clock: clock } = state.subscription;
  if (status !== 'trialing' || end === null || end - TRIAL_NOTICE > act.now(clock)) return;
  act.record('customer.subscription.trial_will_end', state);
}
