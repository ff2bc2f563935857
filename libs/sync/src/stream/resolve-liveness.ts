/** What keeps a connection in step: `NOTHING` while no poll succeeds and no webhook arrives. */
export const KEPT_BY = ['WEBHOOKS', 'POLL', 'NOTHING'] as const;
export type KeptBy = (typeof KEPT_BY)[number];

/** A poll that is later than this has not only met a hiccup of Stripe's. */
const POLL_PATIENCE_SECONDS = 300;

export interface LivenessFacts {
  /** Whether webhooks bring what the polls meet; null = no event has told yet. */
  readonly webhookWorks: boolean | null;
  /** Since the last completed poll; null = none was completed. */
  readonly pollAgeSeconds: number | null;
}

/** Who keeps it live now. Webhooks are believed as the polls last found them. */
export function resolveLiveness({ webhookWorks, pollAgeSeconds }: LivenessFacts): KeptBy {
  if (webhookWorks === true) {
    return 'WEBHOOKS';
  }
  return pollAgeSeconds !== null && pollAgeSeconds <= POLL_PATIENCE_SECONDS ? 'POLL' : 'NOTHING';
}
