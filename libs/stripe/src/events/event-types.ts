/** The kinds of Stripe objects that Kana keeps in step. */
export type StripeObjectType = 'SUBSCRIPTION' | 'CUSTOMER' | 'PRICE' | 'PRODUCT';

/** What an event is about, and whether it shows that object itself or only points to it. */
export interface EventSubject {
  readonly objectType: StripeObjectType;
  readonly shows: 'OBJECT' | 'REFERENCE';
}

const shows = (objectType: StripeObjectType): EventSubject => ({ objectType, shows: 'OBJECT' });
const pointsToSubscription: EventSubject = { objectType: 'SUBSCRIPTION', shows: 'REFERENCE' };

/** Every event type that Kana handles, and why; the webhook endpoint is made for exactly these. */
export const EVENT_TYPES: Readonly<Record<string, EventSubject>> = {
  'customer.created': shows('CUSTOMER'),
  'customer.updated': shows('CUSTOMER'),
  'customer.deleted': shows('CUSTOMER'),
  'customer.subscription.created': shows('SUBSCRIPTION'),
  'customer.subscription.updated': shows('SUBSCRIPTION'),
  'customer.subscription.deleted': shows('SUBSCRIPTION'),
  'customer.subscription.paused': shows('SUBSCRIPTION'),
  'customer.subscription.resumed': shows('SUBSCRIPTION'),
  'customer.subscription.trial_will_end': shows('SUBSCRIPTION'),
  'customer.subscription.pending_update_applied': shows('SUBSCRIPTION'),
  'customer.subscription.pending_update_expired': shows('SUBSCRIPTION'),
  'price.created': shows('PRICE'),
  'price.updated': shows('PRICE'),
  'price.deleted': shows('PRICE'),
  'product.created': shows('PRODUCT'),
  'product.updated': shows('PRODUCT'),
  'product.deleted': shows('PRODUCT'),
  // A customer pays for the first time: somebody is looking at a page that says "thank you".
  'checkout.session.completed': pointsToSubscription,
  // A schedule changes a subscription by itself later; each word of it is a reason to look.
  'subscription_schedule.aborted': pointsToSubscription,
  'subscription_schedule.canceled': pointsToSubscription,
  'subscription_schedule.completed': pointsToSubscription,
  'subscription_schedule.created': pointsToSubscription,
  'subscription_schedule.expiring': pointsToSubscription,
  'subscription_schedule.released': pointsToSubscription,
  'subscription_schedule.updated': pointsToSubscription,
};

/** What an event of this type is about; null for a type that is not ours. */
export function subjectOf(type: string): EventSubject | null {
  return Object.hasOwn(EVENT_TYPES, type) ? (EVENT_TYPES[type] ?? null) : null;
}
