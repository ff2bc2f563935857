import { TRIAL_NOTICE } from '../clock/dues.js';
import type { SubscriptionState } from '../store/states.js';
import type { Act } from './act.js';

/** For a trial that was set just now and is too short for a notice of its own. */
export function tellTrialEnd(act: Act, state: SubscriptionState): void {
  const { status, trial_end: end, test_clock: clock } = state.subscription;
  if (status !== 'trialing' || end === null || end - TRIAL_NOTICE > act.now(clock)) return;
  act.record('customer.subscription.trial_will_end', state);
}
