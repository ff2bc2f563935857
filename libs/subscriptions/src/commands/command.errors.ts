import { type ErrorKind, type ErrorPointer, KanaError } from '@app/common';

import type { CommandRefusal, RefusedCommand } from './command.types.js';

/** The others conflict with how things are. */
const KINDS: Partial<Record<CommandRefusal, ErrorKind>> = {
  cancel_at_past: 'REFUSED',
  user_id_too_long: 'REFUSED',
  expires_at_impossible: 'REFUSED',
  resumes_at_past: 'REFUSED',
  package_not_found: 'NOT_FOUND',
  package_not_published: 'REFUSED',
  package_archived: 'REFUSED',
  package_not_addon: 'REFUSED',
  addon_without_base: 'REFUSED',
  addon_not_for_base: 'REFUSED',
  addon_outlives_base: 'REFUSED',
  price_not_found: 'REFUSED',
  price_ambiguous: 'REFUSED',
  price_differs: 'REFUSED',
  preview_outdated: 'PRECONDITION_FAILED',
  currency_unknown: 'REFUSED',
  amount_not_payable: 'REFUSED',
  interval_too_long: 'REFUSED',
  product_not_found: 'REFUSED',
  product_deleted: 'REFUSED',
  product_ambiguous: 'REFUSED',
};

/** Where in the call it is, of those that are about a part of it. */
export type RefusalPointers = Partial<Record<CommandRefusal, string>>;

export const COMMAND_POINTERS: RefusalPointers = {
  cancel_at_past: '/cancelAt',
  user_id_too_long: '/userId',
  expires_at_impossible: '/expiresAt',
  resumes_at_past: '/resumesAt',
  other_items_end: '/withAddons',
  package_not_found: '/packageId',
  package_not_published: '/packageId',
  package_archived: '/packageId',
  package_not_addon: '/packageId',
  already_subscribed: '/packageId',
  several_base_packages: '/packageId',
  addon_without_base: '/packageId',
  addon_not_for_base: '/packageId',
  addon_outlives_base: '/packageId',
  addons_need_base: '/packageId',
  price_not_found: '/priceId',
  price_ambiguous: '/priceId',
};

const SENTENCES: Record<CommandRefusal, string> = {
  connection_disconnected: 'The Stripe account is disconnected. Connect it again first.',
  customer_deleted: 'The Stripe customer was deleted, and cannot be changed any more.',
  customer_elsewhere: 'The user’s primary customer is another one by now, or in another Stripe account. Try this again, or edit the user again.',
  customer_in_doubt: 'It is in doubt whose the Stripe customer is. Settle that first, by its sync issue, then edit the user again.',
  subscription_ended: 'The Stripe subscription has ended, and stays so. Subscribe the user again instead.',
  schedule_attached: 'A subscription schedule in Stripe decides about this subscription. Change the schedule there, or release it first.',
  pending_update: 'A change of this subscription waits for its payment in Stripe. Wait until it is paid or has expired.',
  cancel_at_past: 'This subscription cannot end in the past. Leave `cancelAt` out to end it now.',
  resumes_at_past: 'Collection cannot go on in the past. Leave `resumesAt` out to pause it until it is taken back.',
  other_items_end: 'There is more in this Stripe subscription, and Stripe ends it as a whole. Say `withAddons: true` to end all of it, or remove this part alone.',
  item_not_found: 'The Stripe subscription has no single item that this one stands for.',
  item_metered: 'This item is metered: it has no quantity.',
  last_item: 'This is the only item of the Stripe subscription. Cancel the subscription instead.',
  package_not_addon: 'This package is no add-on: change the package instead.',
  package_not_found: 'There is no such package.',
  package_not_published: 'This package is a draft. Publish it first.',
  package_archived: 'This package is archived: nobody new can be subscribed to it, and it gets no new prices.',
  already_subscribed: 'The user is subscribed to this package already.',
  several_base_packages: 'A user has one base package, and this one would be another',
  addon_without_base: 'This add-on needs a base package, and the user has none.',
  addon_not_for_base: 'This add-on does not go with the user’s base package',
  addon_outlives_base: 'The base package ends before this add-on would',
  addons_need_base: 'These add-ons need the base package, and do not go with the new one',
  customer_missing: 'The user has no customer in Stripe, and none could be made. See why that failed, and try this again.',
  user_id_too_long: 'Stripe can be told of ids of up to 200 characters, and the user has no shorter one. Give the user an alias, or open the link for nobody.',
  expires_at_impossible: 'Stripe keeps a Checkout page open for half an hour at least, and for a day at most: ask for 31 minutes or more.',
  user_missing: 'The user that this was asked for is gone.',
  price_not_found: 'The package has no price in Stripe that fits the currency and interval. Name one of its prices',
  price_ambiguous: 'Several prices of the package fit. Name one of them',
  price_differs: 'A price that is named is not paid in the currency, or as often, as the same call says. Leave `currency` and `interval` out, or name another price',
  preview_outdated: 'What it rests on has changed since it was previewed, so that it would not cost what was shown. Preview it again, or try this again without.',
  currency_unknown: 'Stripe has no such currency. Give its three-letter code, such as `usd`.',
  amount_not_payable: 'Nobody can pay this amount. In BHD, JOD, KWD, OMR and TND its last digit must be 0, in ISK and UGX its last two.',
  interval_too_long: 'Stripe allows three years at the most: 1095 days, 156 weeks, 36 months or 3 years.',
  product_not_found: 'This Stripe product has not been seen. Read the prices or import first, or leave `productId` out.',
  product_deleted: 'This Stripe product was deleted.',
  product_ambiguous: 'The package’s prices are of several Stripe products. Name one by `productId`',
  product_ruled: 'A mapping rule maps the prices of this product to another package. Name another product by `productId`, or end the rule',
};

/** All codes for which a command may be refused when somebody asks, by what kind of error that is. */
export const COMMAND_REFUSALS: Readonly<Partial<Record<ErrorKind, readonly string[]>>> = Object.groupBy(Object.keys(SENTENCES) as CommandRefusal[], (code) => KINDS[code] ?? 'CONFLICT');

/** A refusal in a sentence that says what to do, and what stands in the way. */
export function refusalInWords({ code, because = [] }: Omit<RefusedCommand, 'kind'>): string {
  return because.length === 0 ? `${SENTENCES[code].replace(/\.$/, '')}.` : `${SENTENCES[code].replace(/\.$/, '')}: ${because.map((id) => `"${id}"`).join(', ')}.`;
}

export function commandRefused(refusal: RefusedCommand, pointersOf = COMMAND_POINTERS): KanaError {
  const pointer = pointersOf[refusal.code];
  const pointers: ErrorPointer[] = pointer === undefined ? [] : (refusal.because ?? []).map((id) => ({ pointer, detail: id }));
  const only = pointer === undefined || pointers.length > 0 ? pointers : [{ pointer, detail: SENTENCES[refusal.code] }];
  return new KanaError(KINDS[refusal.code] ?? 'CONFLICT', refusal.code, refusalInWords(refusal), only);
}
