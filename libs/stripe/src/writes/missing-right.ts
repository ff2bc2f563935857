/** Stripe refuses a call that the key has no right to. */
export const RIGHT_MISSING = 'stripe_right_missing';

/** What to do about it. @param right in the dashboard's words; Stripe's answer has others */
export function giveRight(right: string): string {
  return `Give it ${right} in the Stripe dashboard (Developers, API keys).`;
}
