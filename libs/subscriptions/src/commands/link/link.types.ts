import type { AskedSubscribe, SubscribeGround } from '../subscribe/subscribe.types.js';

/** A Checkout page shall be opened at which somebody subscribes and pays, in Kana's words. Times are RFC 3339. */
export interface AskedLink extends Pick<AskedSubscribe, 'packageIds' | 'quantity' | 'wish' | 'trialDays'> {
  readonly allowPromotionCodes: boolean;
  readonly successUrl: string;
  readonly cancelUrl: string | null;
  /** null = a day after it was opened. */
  readonly expiresAt: string | null;
}

/** The user that it is for, as the session can say it. */
export interface LinkUser {
  /** Id or alias; null = it has none that is short enough. */
  readonly reference: string | null;
  readonly email: string | null;
}

export interface LinkGround extends SubscribeGround {
  /** null = whoever completes it. */
  readonly user: LinkUser | null;
}
