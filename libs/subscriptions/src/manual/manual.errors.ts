import { assertNever, type ErrorKind, type ErrorPointer, KanaError, notFound, refused } from '@app/common';

import type { CancelRefusal } from './check-cancel.js';
import type { RefusedPackage, SubscribeRefusal } from './check-subscribe.js';
import type { HeldPackage } from './manual.types.js';

export const userNotFound = (name: string): KanaError =>
  notFound('user_not_found', `No user answers to "${name}". Look the user up in the list, or create it first.`);

export const subscriptionNotFound = (id: string): KanaError => notFound('subscription_not_found', `There is no subscription ${id}.`);

export const startsInFuture = (): KanaError =>
  refused('starts_at_future', 'A subscription begins now or has begun already; `startsAt` lies in the future.', [
    { pointer: '/startsAt', detail: 'Must not be in the future.' },
  ]);

export const endsInPast = (): KanaError =>
  refused('cancel_at_past', 'This subscription cannot end in the past. Leave `cancelAt` out to end it now.', [
    { pointer: '/cancelAt', detail: 'Must be in the future.' },
  ]);

const SUBSCRIBE_KINDS: Record<SubscribeRefusal, ErrorKind> = {
  package_not_found: 'NOT_FOUND',
  package_not_published: 'REFUSED',
  package_archived: 'REFUSED',
  already_subscribed: 'CONFLICT',
  several_base_packages: 'CONFLICT',
  addon_without_base: 'REFUSED',
  addon_not_for_base: 'REFUSED',
  addon_outlives_base: 'REFUSED',
};

/** All that is wrong in one error: the first is its code, and each has a pointer. */
export function subscribeRefused(packageIds: readonly string[], refusals: readonly RefusedPackage[]): KanaError {
  const pointers = refusals.map(
    (refusal): ErrorPointer => ({ pointer: `/packageIds/${refusal.index}`, detail: refusedInWords(packageIds[refusal.index] ?? '', refusal) }),
  );
  const [first] = refusals;
  if (first === undefined) {
    throw new RangeError('A refusal has a reason.');
  }
  return new KanaError(SUBSCRIBE_KINDS[first.code], first.code, `Nobody was subscribed. ${pointers[0]?.detail ?? ''}`, pointers);
}

function refusedInWords(id: string, { code, because }: RefusedPackage): string {
  const sentences: Record<SubscribeRefusal, string> = {
    package_not_found: `There is no package "${id}".`,
    package_not_published: `Package "${id}" is a draft. Publish it first.`,
    package_archived: `Package "${id}" is archived: nobody new can be subscribed to it.`,
    already_subscribed: `The user is subscribed to package "${id}" already.`,
    several_base_packages: `A user has one base package: "${because ?? ''}" stands in the way of "${id}". Cancel that one first.`,
    addon_without_base: `Add-on "${id}" needs a base package, and the user has none. Name one in the same call.`,
    addon_not_for_base: `Add-on "${id}" does not go with base package "${because ?? ''}".`,
    addon_outlives_base: `Base package "${because ?? ''}" ends before add-on "${id}" would. Give a \`cancelAt\` that is no later.`,
  };
  return sentences[code];
}

export function cancelRefused(id: string, code: CancelRefusal, addons: readonly HeldPackage[]): KanaError {
  switch (code) {
    case 'stripe_subscription':
      return stripeSubscription(id);
    case 'subscription_ended':
      return subscriptionEnded(id);
    case 'cancel_at_past':
      return endsInPast();
    case 'addons_need_base':
      return new KanaError('CONFLICT', code, addonsInWords(addons), addons.map((addon) => ({ pointer: '/withAddons', detail: addonInWords(addon) })));
    case 'addon_outlives_base':
      return new KanaError('CONFLICT', code, `Subscription ${id} is to an add-on, and no base package that it goes with lasts that long.`);
    default:
      return assertNever(code);
  }
}

export const stripeSubscription = (id: string): KanaError =>
  new KanaError('CONFLICT', 'stripe_subscription', `Subscription ${id} is paid through Stripe. Cancel or change it in Stripe; Kana follows.`);

export const subscriptionEnded = (id: string): KanaError =>
  new KanaError('CONFLICT', 'subscription_ended', `Subscription ${id} has ended, and stays so. Subscribe the user again instead.`);

function addonsInWords(addons: readonly HeldPackage[]): string {
  const names = addons.map(({ packageId }) => `"${packageId}"`).join(', ');
  return addons.some(({ source }) => source === 'STRIPE')
    ? `These add-ons need this base package: ${names}. Cancel those that are paid through Stripe there first.`
    : `These add-ons need this base package: ${names}. Say \`withAddons: true\` to cancel them with it, or cancel them first.`;
}

function addonInWords({ subscriptionId, packageId, source }: HeldPackage): string {
  return `Subscription ${subscriptionId} to add-on "${packageId}"${source === 'STRIPE' ? ', which is paid through Stripe' : ''}.`;
}
